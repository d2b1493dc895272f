// Ctrl+K: find a lead, a person or a page, and go there. Without this script the button leads to a page that does the same.
(() => {
  "use strict";
  const WAIT = 120; // ms after the last key
  let timer = 0;
  let asking = null;

  function make(address) {
    const dialog = document.createElement("dialog");
    dialog.id = "palette";
    dialog.className = "palette";
    dialog.setAttribute("aria-label", "Find");
    dialog.dataset.address = address;
    const input = document.createElement("input");
    const attributes = {
      type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", "aria-expanded": "true",
      "aria-controls": "palette-results", "aria-autocomplete": "list", "aria-label": "Find a lead, a person or a page",
      placeholder: "Name, company, email, phone, number, external id or page",
    };
    for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
    const results = document.createElement("div");
    results.id = "palette-results";
    dialog.append(input, results);
    document.body.append(dialog);
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => ask(dialog), WAIT);
    });
    input.addEventListener("keydown", (event) => move(event, dialog));
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    return dialog;
  }

  async function ask(dialog) {
    asking?.abort();
    asking = new AbortController();
    const query = dialog.querySelector("input").value;
    const address = `${dialog.dataset.address}?q=${encodeURIComponent(query)}`;
    try {
      const answer = await fetch(address, { headers: { "X-Handoff-Dialog": "1" }, signal: asking.signal });
      if (answer.redirected) return window.location.assign(window.location.href); // logged out
      if (!answer.ok) throw new Error(answer.status);
      dialog.dataset.shown = query;
      document.getElementById("palette-results").innerHTML = await answer.text(); // of our own server, escaped there
      point(dialog, 0);
    } catch (error) {
      if (error.name === "AbortError") return;
      document.getElementById("palette-results").textContent = "That did not work. Try again.";
    }
  }

  function options(dialog) {
    return [...dialog.querySelectorAll("[role=option]")];
  }

  function point(dialog, at) {
    const all = options(dialog);
    const input = dialog.querySelector("input");
    for (const [place, option] of all.entries()) option.setAttribute("aria-selected", String(place === at));
    if (all.length) input.setAttribute("aria-activedescendant", all[at].id);
    else input.removeAttribute("aria-activedescendant");
    all[at]?.scrollIntoView({ block: "nearest" });
  }

  function move(event, dialog) {
    const all = options(dialog);
    const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps && all.length) {
      event.preventDefault();
      point(dialog, (at + steps[event.key] + all.length) % all.length);
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      // Whoever types faster than we answer means what they have typed.
      if (dialog.dataset.shown === dialog.querySelector("input").value) all[at]?.click();
      else ask(dialog).then(() => options(dialog)[0]?.click());
    }
  }

  function show() {
    const link = document.querySelector("[data-find]");
    if (!link) return false;
    const dialog = document.getElementById("palette") || make(link.href);
    const input = dialog.querySelector("input");
    if (!dialog.open) dialog.showModal();
    input.focus();
    input.select();
    ask(dialog);
    return true;
  }

  document.addEventListener("keydown", (event) => {
    const isAsked = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
    if (isAsked && show()) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-find]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && show()) event.preventDefault();
  });
})();
