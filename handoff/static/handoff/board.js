// The board in place: a cell opens, leads are given and dropped, and what others do is shown. Without it, links and a form.
(() => {
  "use strict";
  const ASK = { "X-Handoff-Dialog": "1" };
  const POLL = 15000;
  const SLOWEST = 120000;
  let wait = POLL;
  let dragged = [];

  const board = () => document.getElementById("board");

  async function part(address, options) {
    const answer = await fetch(address, options);
    if (answer.status === 204) return null;
    if (!answer.ok || answer.redirected) throw new Error("not a part of this page");
    return answer.text();
  }

  function put(html) {
    board().outerHTML = html; // of our own server, escaped there
  }

  function focusOn(id) {
    const element = document.getElementById(id);
    if (element) element.focus({ preventScroll: false });
  }

  async function open(link) {
    try {
      put(await part(link.href, { headers: ASK }));
    } catch {
      return window.location.assign(link.href);
    }
    window.history.pushState({}, "", link.href);
    focusOn("board-cell-title");
  }

  async function give(form, ids, to) {
    const words = new FormData();
    words.append("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
    words.append("to", to);
    for (const id of ids) words.append("lead", id);
    form.setAttribute("aria-busy", "true");
    try {
      put(await part(form.action, { method: "POST", body: words, headers: ASK }));
    } catch {
      return window.location.assign(form.action);
    }
    focusOn(document.getElementById("board-results") ? "board-results" : "board-cell-title");
  }

  const chosen = () => [...document.querySelectorAll("#board-cell [name=lead]:checked")].map((box) => box.value);

  document.addEventListener("click", (event) => {
    const link = event.target.closest("#board a[data-cell]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(link);
  });

  document.addEventListener("submit", (event) => {
    if (event.target.id !== "board-cell") return;
    event.preventDefault();
    const ids = chosen();
    if (!ids.length) return event.target.querySelector("[name=lead]").focus();
    give(event.target, ids, event.submitter ? event.submitter.value : "");
  });

  document.addEventListener("dragstart", (event) => {
    const card = event.target.closest && event.target.closest("#board-cell li[data-lead]");
    if (!card) return;
    const together = chosen();
    dragged = together.includes(card.dataset.lead) ? together : [card.dataset.lead];
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.join(" "));
    card.classList.add("is-dragged");
  });

  const target = (event) => dragged.length && event.target.closest && event.target.closest("#board tr[data-to]");

  document.addEventListener("dragover", (event) => {
    const row = target(event);
    for (const other of document.querySelectorAll("#board .is-target")) if (other !== row) other.classList.remove("is-target");
    if (!row) return;
    event.preventDefault();
    row.classList.add("is-target");
  });

  document.addEventListener("drop", (event) => {
    const row = target(event);
    if (!row) return;
    event.preventDefault();
    const ids = dragged;
    dragged = [];
    give(document.getElementById("board-cell"), ids, row.dataset.to);
  });

  document.addEventListener("dragend", () => {
    dragged = [];
    for (const marked of document.querySelectorAll("#board .is-target, #board .is-dragged")) {
      marked.classList.remove("is-target", "is-dragged");
    }
  });

  // Nothing is replaced under somebody's hands: neither what they chose, nor a menu, nor what they just did.
  function isBusy() {
    return dragged.length || chosen().length || document.querySelector("#board details[open], #board-results");
  }

  async function look() {
    const here = board();
    if (!here || document.hidden || isBusy()) return;
    const seen = await part(window.location.href, { headers: { ...ASK, "X-Handoff-Seen": here.dataset.mark } });
    wait = seen === null ? Math.min(wait * 1.5, SLOWEST) : POLL;
    if (seen === null || isBusy()) return;
    const focused = place(document.activeElement);
    put(seen);
    if (focused) focused();
  }

  // The same element of the part that has come in its place.
  function place(element) {
    if (!element || !board().contains(element)) return null;
    const all = (root) => [...root.querySelectorAll("a, button, input, summary, [tabindex]")];
    const name = element.getAttribute("aria-label") || element.value;
    const at = all(board()).indexOf(element);
    return () => {
      const now = all(board());
      const same = now.find((other) => name && (other.getAttribute("aria-label") || other.value) === name) || now[at];
      if (same) same.focus({ preventScroll: true });
    };
  }

  function keepLooking() {
    setTimeout(() => look().catch(() => { wait = SLOWEST; }).finally(keepLooking), wait);
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden) { wait = POLL; look().catch(() => {}); } });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("#board details[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  window.addEventListener("popstate", () => window.location.reload());
  document.addEventListener("DOMContentLoaded", keepLooking);
})();
