// Dialogs of the console. Without this script its links open the same forms as pages.
(() => {
  "use strict";
  const FAILED = "That did not work. Copy your words, then try again.";
  const ASK = { "X-Handoff-Dialog": "1" };
  // A list that puts the answer to an act in its place asks for no page.
  const headers = () => (document.querySelector("[data-in-place]") ? { ...ASK, "X-Handoff-In-Place": "1" } : ASK);

  function box() {
    let dialog = document.getElementById("console-dialog");
    if (!dialog) {
      dialog = document.createElement("dialog");
      dialog.id = "console-dialog";
      dialog.className = "console-dialog";
      dialog.setAttribute("aria-labelledby", "dialog-title");
      document.body.append(dialog);
    }
    return dialog;
  }

  async function show(answer, otherwise) {
    const to = answer.headers.get("X-Handoff-Location");
    if (to) return window.location.assign(to);
    const dialog = box();
    if (!answer.ok || answer.redirected) {
      if (!dialog.open) return window.location.assign(otherwise);
      const isOut = answer.redirected || answer.status === 403;
      return tell(dialog, isOut ? "You were logged out. Copy your words, then log in again." : FAILED);
    }
    if ((answer.headers.get("Content-Type") || "").includes("json")) {
      const done = await answer.json();
      dialog.close();
      return document.dispatchEvent(new CustomEvent("handoff:done", { detail: done }));
    }
    open(await answer.text());
  }

  function open(html) {
    const dialog = box();
    dialog.innerHTML = html; // of our own server, escaped there
    demandEvidence(dialog);
    if (!dialog.open) dialog.showModal();
    const first = firstInput(dialog, ".errors") || firstInput(dialog, ".fact");
    if (first) first.focus();
  }

  function firstInput(root, where) {
    return root.querySelector(["input", "select", "textarea"].map((tag) => `${where}:not([hidden]) ${tag}`).join());
  }

  // What was typed stays in the dialog: nobody writes it twice because of us.
  function tell(dialog, message) {
    let notice = dialog.querySelector(".failed");
    if (!notice) {
      notice = document.createElement("p");
      notice.className = "notice failed";
      notice.setAttribute("role", "alert");
      dialog.querySelector(".dialog-end").before(notice);
    }
    notice.textContent = message;
  }

  // Only the evidence that the chosen reason asks for is shown, and only that is sent.
  const EVIDENCE = ["duplicate_of", "retry_on", "wrong_field", "belongs_to", "belongs_to_team", "account"];
  function demandEvidence(root) {
    const form = root.querySelector("form[data-evidence]");
    if (!form || !form.elements.reason) return;
    const demands = JSON.parse(form.dataset.evidence);
    const update = () => {
      const chosen = demands[form.elements.reason.value] || { fields: [], demanded: false, note: 0 };
      for (const name of EVIDENCE) toggle(form, name, chosen.fields.includes(name), chosen.demanded);
      const note = form.querySelector("[data-fact=note]");
      note.querySelector(".demanded").hidden = !chosen.note;
      note.querySelector("textarea").placeholder = chosen.note > 1 ? `At least ${chosen.note} characters` : "";
    };
    form.addEventListener("change", (event) => {
      if (event.target.name !== "reason") return;
      forgetErrors(form);
      update();
    });
    update();
  }

  // What was wrong with one reason says nothing of another.
  function forgetErrors(form) {
    for (const old of form.querySelectorAll(".fact-errors, .notice:not(.notice-danger)")) old.remove();
    for (const fact of form.querySelectorAll(".errors")) fact.classList.remove("errors");
  }

  function toggle(form, name, isShown, isDemanded) {
    const fact = form.querySelector(`[data-fact=${name}]`);
    if (!fact) return;
    fact.hidden = !isShown;
    fact.querySelector(".demanded").hidden = !isDemanded;
    for (const input of fact.querySelectorAll("input, select")) input.disabled = !isShown;
  }

  function ask(url) {
    fetch(url, { headers: ASK }).then((answer) => show(answer, url), () => window.location.assign(url));
  }
  document.addEventListener("handoff:open", (event) => ask(event.detail));
  document.addEventListener("handoff:dialog", (event) => open(event.detail));

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-dialog]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      ask(link.href);
    }
    const closes = event.target.closest("#console-dialog [data-close]");
    if (closes || event.target.id === "console-dialog") {
      event.preventDefault();
      box().close();
    }
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.id === "act-form") {
      // A second click would only hear that one was faster oneself.
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "1";
    }
    if (!form.closest("#console-dialog")) return;
    event.preventDefault();
    const button = event.submitter || form.querySelector("[type=submit]");
    const body = new FormData(form, event.submitter); // which of two buttons it was is part of the answer
    button.disabled = true;
    document.dispatchEvent(new CustomEvent("handoff:ask", { detail: body }));
    fetch(form.action, { method: "POST", body, headers: headers() })
      .then((answer) => show(answer, form.action), () => tell(box(), FAILED))
      .finally(() => { button.disabled = false; });
  });

  // What goes on is read again, and only its part of the page is replaced: the focus stays where it is.
  const FOLLOW = 3000;
  function follow() {
    const part = document.querySelector("[data-follow]");
    if (part) setTimeout(() => readAgain(part).catch(() => {}).finally(follow), FOLLOW);
  }

  async function readAgain(part) {
    const answer = await fetch(window.location.href);
    if (!answer.ok || answer.redirected) return;
    const next = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
    const goesOn = next && "follow" in next.dataset;
    if (!goesOn && next && "inPlace" in part.dataset) delete part.dataset.follow; // beside it somebody types
    else if (!goesOn) return window.location.reload();
    part.innerHTML = next.innerHTML; // of our own server, escaped there
  }
  document.addEventListener("DOMContentLoaded", follow);

  window.addEventListener("pageshow", () => {
    const form = document.getElementById("act-form");
    if (form) delete form.dataset.sent;
  });
  document.addEventListener("DOMContentLoaded", () => demandEvidence(document));
})();
