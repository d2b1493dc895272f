// The picker of another lead, and lists of reasons by key. Without this script one types a number, and chooses by mouse or arrows.
(() => {
  "use strict";
  const PAUSE = 180; // ms after the last letter
  const OPTION = "[role=option]:not([aria-disabled])"; // the line that says what to type cannot be chosen
  const HINT = "Name, company, email, phone or number";
  const states = new WeakMap();

  function stateOf(input) {
    if (!states.has(input)) states.set(input, begin(input));
    return states.get(input);
  }

  function begin(input) {
    const list = document.createElement("ul");
    list.className = "picker";
    list.id = `${input.id}-options`;
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Leads");
    const picked = document.createElement("div");
    picked.className = "picked";
    picked.setAttribute("role", "status");
    input.removeAttribute("list");
    const help = input.parentElement.querySelector(".fact-help"); // it says what one types without this script
    if (help) help.hidden = true;
    input.placeholder = HINT;
    const roles = { role: "combobox", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list" };
    for (const [name, value] of Object.entries(roles)) input.setAttribute(name, value);
    input.after(list, picked);
    list.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the field
    list.addEventListener("click", (event) => choose(input, event.target.closest(OPTION)));
    return { list, picked, timer: 0, asked: null };
  }

  function options(input) {
    return [...stateOf(input).list.querySelectorAll(OPTION)];
  }

  function show(input, isShown) {
    stateOf(input).list.hidden = !isShown;
    input.setAttribute("aria-expanded", String(isShown));
    if (!isShown) input.removeAttribute("aria-activedescendant");
  }

  async function ask(input) {
    const state = stateOf(input);
    if (state.asked) state.asked.abort();
    state.asked = new AbortController();
    const url = `${input.dataset.picker}?q=${encodeURIComponent(input.value.trim())}`;
    try {
      const answer = await fetch(url, { signal: state.asked.signal });
      if (!answer.ok || answer.redirected) return;
      state.list.innerHTML = await answer.text(); // of our own server, escaped there
      show(input, document.activeElement === input);
    } catch (error) {
      if (error.name !== "AbortError") show(input, false); // the number can still be typed
    }
  }

  function soon(input) {
    const state = stateOf(input);
    clearTimeout(state.timer);
    state.picked.textContent = "";
    state.timer = setTimeout(() => ask(input), PAUSE);
  }

  function choose(input, option) {
    if (!option) return;
    const state = stateOf(input);
    if (input.dataset.picks) return window.location.assign(input.dataset.picks + option.dataset.value);
    clearTimeout(state.timer);
    input.value = option.dataset.value;
    state.picked.innerHTML = option.innerHTML;
    show(input, false);
  }

  function move(input, step) {
    const all = options(input);
    if (!all.length) return;
    const now = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    const next = all[(now + step + all.length + (now < 0 && step < 0 ? 1 : 0)) % all.length];
    for (const option of all) option.setAttribute("aria-selected", String(option === next));
    input.setAttribute("aria-activedescendant", next.id);
    next.scrollIntoView({ block: "nearest" });
  }

  function pressed(event) {
    const input = event.target;
    const isOpen = !stateOf(input).list.hidden;
    const active = options(input).find((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (isOpen) move(input, event.key === "ArrowDown" ? 1 : -1);
      else ask(input);
    } else if (event.key === "Enter" && isOpen && active) {
      event.preventDefault();
      choose(input, active);
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault(); // only the list closes, not the dialog around it
      event.stopPropagation();
      show(input, false);
    }
  }

  // A reason by its number, or by its first letter; Enter then sends the form.
  function pressedInList(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1 || event.key === " ") return;
    const radios = [...event.target.closest(".radios").querySelectorAll("input[type=radio]")];
    const wanted = /[1-9]/.test(event.key) ? radios[Number(event.key) - 1] : byLetter(radios, event);
    if (!wanted) return;
    event.preventDefault();
    wanted.focus();
    wanted.click();
  }

  function byLetter(radios, event) {
    const after = radios.indexOf(document.activeElement) + 1;
    const turned = [...radios.slice(after), ...radios.slice(0, after)];
    return turned.find((radio) => radio.parentElement.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()));
  }

  const isPicker = (event) => event.target instanceof HTMLInputElement && event.target.dataset.picker;
  document.addEventListener("focusin", (event) => { if (isPicker(event) && !event.target.value) ask(event.target); });
  document.addEventListener("focusout", (event) => { if (isPicker(event)) show(event.target, false); });
  document.addEventListener("input", (event) => { if (isPicker(event)) soon(event.target); });
  document.addEventListener("keydown", (event) => {
    if (isPicker(event)) pressed(event);
    else if (event.target instanceof HTMLInputElement && event.target.closest(".radios")) pressedInList(event);
  }, true);
})();
