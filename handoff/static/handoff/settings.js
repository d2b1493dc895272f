"use strict";
// Settings: rows are added and taken away, the browser's time zone is suggested, matching leads are counted.
(() => {
  const PAUSE = 400;

  // Rows. Without this script the empty row at the end is there to be filled in.
  function begin(box) {
    const list = box.querySelector("[data-list]");
    const blank = list.querySelector("[data-blank]");
    box.blank = blank.cloneNode(true);
    delete box.blank.dataset.blank;
    blank.remove();
    for (const button of box.querySelectorAll("[data-add], [data-copy], [data-remove]")) button.hidden = false;
    for (const button of box.blank.querySelectorAll("[data-remove]")) button.hidden = false;
    show(box);
  }

  const rowsOf = (box) => [...box.querySelectorAll("[data-list] > .row")];

  function show(box) {
    box.querySelector("[data-none]").hidden = rowsOf(box).length > 0;
  }

  function add(box, values = []) {
    const row = box.blank.cloneNode(true);
    row.querySelectorAll("input:not([type=hidden])").forEach((input, at) => { if (values[at]) input.value = values[at]; });
    box.querySelector("[data-list]").insertBefore(row, box.querySelector("[data-none]"));
    if ("conditions" in box.dataset) offer(box, row);
    show(box);
    return row;
  }

  function remove(button) {
    const box = button.closest("[data-rows]");
    const rows = rowsOf(box);
    const at = rows.indexOf(button.closest(".row"));
    rows[at].remove();
    show(box);
    const next = rowsOf(box)[at]?.querySelector("[data-remove]") || box.querySelector("[data-add]");
    next.focus();
    count(box);
  }

  function copy(button) {
    const from = button.closest("[data-rows]");
    const hours = rowsOf(from).map((row) => [...row.querySelectorAll("input[type=time]")].map((input) => input.value));
    for (const day of ["mon", "tue", "wed", "thu", "fri"]) {
      const box = document.querySelector(`.week [data-day=${day}]`);
      if (box === from) continue;
      for (const row of rowsOf(box)) row.remove();
      for (const interval of hours) add(box, interval);
      show(box);
    }
    document.querySelector("[data-said]").textContent = "Copied to Monday to Friday.";
  }

  // Conditions: the value is chosen where the fact has choices. The text input stays what is sent.
  function offer(box, row) {
    const choices = JSON.parse(box.dataset.choices);
    const field = row.querySelector("select[name$=_field]").value;
    const op = row.querySelector("select[name$=_op]").value;
    const input = row.querySelector("input[name$=_value]");
    row.querySelector("[data-choice]")?.remove();
    const offered = choices[field] || { input: "text", choices: [] };
    offerWindow(row, offered.window);
    if (offered.ops && offerOperators(row.querySelector("select[name$=_op]"), offered.ops) !== op) return offer(box, row);
    const isAsked = op !== "given" && op !== "empty";
    const isList = op === "in" || op === "not_in";
    const chosen = isList ? parts(input.value) : [input.value];
    const isOfDays = /^(within|longer|further)_/.test(op);
    const canChoose = offered.choices.length > 0 && op !== "at_least" && op !== "at_most" && !isOfDays;
    input.hidden = !isAsked || canChoose;
    input.type = isOfDays ? "number" : isList ? "text" : offered.input;
    if (!isAsked || !canChoose) return;
    const select = document.createElement("select");
    select.dataset.choice = "";
    select.className = row.querySelector("select").className;
    select.setAttribute("aria-label", "Value");
    select.multiple = isList;
    if (isList) select.size = Math.min(5, offered.choices.length);
    const known = new Set(offered.choices.map(([key]) => key));
    const others = chosen.filter((key) => key && !known.has(key)).map((key) => [key, key]);
    const first = isList ? [] : [["", "Choose"]];
    for (const [key, label] of [...first, ...others, ...offered.choices]) {
      select.add(new Option(label, key, false, chosen.includes(key)));
    }
    input.after(select);
    note(select);
  }

  // Only those that make sense for the fact; one that does not gives way to the first that does.
  function offerOperators(select, ops) {
    for (const option of select.options) option.hidden = option.disabled = !ops.includes(option.value);
    if (!ops.includes(select.value)) select.value = ops[0];
    return select.value;
  }

  // Which touchpoints are meant is asked where a row asks for touchpoints.
  function offerWindow(row, kind) {
    const box = row.querySelector("[data-window]");
    if (!box) return;
    box.hidden = !kind;
    for (const part of box.querySelectorAll("[data-of-touchpoints]")) part.hidden = kind === "event";
  }

  function note(select) {
    const keys = [...select.selectedOptions].map((option) => option.value).filter(Boolean);
    const written = keys.map((key) => (/[",]/.test(key) ? `"${key.replace(/"/g, '""')}"` : key));
    select.parentNode.querySelector("input[name$=_value]").value = select.multiple ? written.join(", ") : keys[0] || "";
  }

  const parts = (text) => [...text.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^,]+))\s*(?:,|$)/g)]
    .map(([, quoted, plain]) => (quoted === undefined ? plain.trim() : quoted.replace(/""/g, '"')));

  function count(box) {
    if (!("count" in box.dataset)) return;
    clearTimeout(box.waiting);
    box.waiting = setTimeout(async () => {
      const name = box.dataset.conditions;
      const query = new URLSearchParams({ name, [`${name}_rows`]: "1" });
      for (const input of box.querySelectorAll(`[name^=${name}_]`)) query.append(input.name, input.value);
      const matches = box.querySelector("[data-matches]");
      const asked = (box.asked = (box.asked || 0) + 1);
      const answer = await fetch(`${box.dataset.count}?${query}`).catch(() => null);
      const said = answer?.ok && !answer.redirected ? await answer.json() : { text: "", is_wrong: false };
      if (asked !== box.asked) return; // a later question has been asked meanwhile
      matches.textContent = said.text;
      matches.classList.toggle("is-wrong", said.is_wrong);
    }, PAUSE);
  }

  // The parts of a country have holidays of their own.
  async function offerParts(country) {
    const parts = document.querySelector("[data-parts]");
    const answer = await fetch(`${parts.dataset.parts}?country=${encodeURIComponent(country.value)}`).catch(() => null);
    if (!answer?.ok) return;
    parts.length = 1;
    for (const [code, label] of (await answer.json()).parts) parts.add(new Option(label, code));
  }

  function suggestZones() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    for (const select of document.querySelectorAll("select[data-zone]")) {
      if (select.value || ![...select.options].some((option) => option.value === zone)) continue;
      select.value = zone;
      const hint = document.createElement("p");
      hint.className = "fact-help";
      hint.textContent = `${zone} is the time zone of your browser. Change it if it is another one.`;
      (select.parentElement.matches(".relative") ? select.parentElement : select).after(hint);
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add], [data-remove], [data-copy]");
    if (!button) return;
    if ("add" in button.dataset) add(button.closest("[data-rows]")).querySelector("input:not([type=hidden]), select").focus();
    else if ("remove" in button.dataset) remove(button);
    else copy(button);
  });

  document.addEventListener("change", (event) => {
    const box = event.target.closest("[data-conditions]");
    if (event.target.matches("[data-country]")) offerParts(event.target);
    if (!box) return;
    const row = event.target.closest(".row");
    if (event.target.matches("[data-choice]")) note(event.target);
    else if (event.target.matches("select[name$=_field]")) {
      row.querySelector("input[name$=_value]").value = "";
      offer(box, row);
    } else if (event.target.matches("select[name$=_op]")) offer(box, row);
    count(box);
  });

  document.addEventListener("input", (event) => {
    const box = event.target.closest("[data-conditions]");
    if (box) count(box);
  });

  document.addEventListener("DOMContentLoaded", () => {
    for (const box of document.querySelectorAll("[data-rows]")) begin(box);
    for (const box of document.querySelectorAll("[data-conditions]")) {
      for (const row of rowsOf(box)) offer(box, row);
      count(box);
    }
    suggestZones();
  });
})();
