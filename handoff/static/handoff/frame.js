// The frame of every page: the menu, what opens and closes, rows that are chosen, and the focus after an act.
(() => {
  "use strict";
  const WIDE = window.matchMedia("(min-width: 1280px)");
  const LAST_ACT = "handoffLastAct";

  function isTyping(target) {
    return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
  }

  // What a button with aria-controls opens.
  function controlled(button) {
    return document.getElementById(button.getAttribute("aria-controls"));
  }

  function open(button, isOpen) {
    button.setAttribute("aria-expanded", String(isOpen));
    controlled(button).classList.toggle("is-open", isOpen);
    if (isOpen) controlled(button).querySelector("a[href], button, input:not([type=hidden]), select")?.focus();
  }

  function openPops() {
    const buttons = document.querySelectorAll("[data-opens][aria-expanded=true]");
    return [...buttons].filter((button) => controlled(button).classList.contains("pop"));
  }

  // The menu: beside the page where there is room, else over it.
  function toggleMenu() {
    const root = document.documentElement;
    if (WIDE.matches) {
      const isAway = root.classList.toggle("menu-away");
      window.localStorage.setItem("sidebarDesktopOpen", isAway ? "0" : "1");
    } else if (root.classList.toggle("menu-open")) {
      document.querySelector("#nav-sidebar nav a")?.focus();
    } else {
      document.querySelector(".top [data-menu]")?.focus();
    }
    sayMenu();
  }

  function sayMenu() {
    const root = document.documentElement.classList;
    const isOpen = WIDE.matches ? !root.contains("menu-away") : root.contains("menu-open");
    document.querySelector(".top [data-menu]")?.setAttribute("aria-expanded", String(isOpen));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const pops = openPops();
    if (button?.hasAttribute("data-opens")) open(button, button.getAttribute("aria-expanded") !== "true");
    for (const other of pops) {
      if (other !== button && !controlled(other).contains(event.target)) open(other, false);
    }
    if (button?.hasAttribute("data-group")) {
      const isOpen = button.getAttribute("aria-expanded") !== "true";
      button.setAttribute("aria-expanded", String(isOpen));
    }
    if (button?.hasAttribute("data-menu")) toggleMenu();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const [button] = openPops();
      if (button) {
        open(button, false);
        button.focus();
      } else if (document.documentElement.classList.contains("menu-open")) toggleMenu();
    }
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target);
    const search = document.querySelector("[data-search]");
    if (event.key === "/" && isPlain && search && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      search.focus();
    }
  });

  // Unset filters are left out of the address.
  document.addEventListener("formdata", (event) => {
    if (event.target.id !== "filters") return;
    for (const [name, value] of [...event.formData.entries()]) if (value === "") event.formData.delete(name);
  });

  // Rows that are chosen, for what is done with many.
  function count() {
    const bulk = document.querySelector(".bulk");
    if (!bulk) return;
    const boxes = [...document.querySelectorAll(".action-select")];
    const chosen = boxes.filter((box) => box.checked).length;
    const all = document.getElementById("action-toggle");
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
    const isAcross = bulk.querySelector("[name=select_across]").value === "1";
    const label = bulk.querySelector(".bulk-count");
    label.textContent = isAcross ? `All ${label.dataset.all} chosen` : `${chosen} of ${boxes.length} chosen`;
    bulk.classList.toggle("is-on", chosen > 0);
  }

  function across(isAcross) {
    const input = document.querySelector(".bulk [name=select_across]");
    if (input) input.value = isAcross ? "1" : "0";
    document.querySelector("[data-choose-all]")?.setAttribute("aria-pressed", String(isAcross));
  }

  document.addEventListener("change", (event) => {
    const isAll = event.target.id === "action-toggle";
    if (!isAll && !event.target.classList.contains("action-select")) return;
    if (isAll) for (const box of document.querySelectorAll(".action-select")) box.checked = event.target.checked;
    across(false);
    count();
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-choose-all]");
    if (!button) return;
    const isAcross = button.getAttribute("aria-pressed") !== "true";
    for (const box of document.querySelectorAll(".action-select")) box.checked = true;
    across(isAcross);
    count();
  });

  // After an act the page is loaded again: go on where one was, at the same row or the one that took its place.
  function remember(event) {
    const origin = event.target.closest?.("#result_list a[data-dialog], #result_list button[form]");
    if (!origin) return;
    const row = origin.closest("tr");
    const place = { at: window.location.href, row: row.rowIndex, name: origin.getAttribute("aria-label"), y: window.scrollY };
    window.sessionStorage.setItem(LAST_ACT, JSON.stringify(place));
  }

  function goOn() {
    const place = JSON.parse(window.sessionStorage.getItem(LAST_ACT) || "null");
    const hasActed = document.querySelector("#messages li");
    if (!place || place.at !== window.location.href || !hasActed) return;
    window.sessionStorage.removeItem(LAST_ACT);
    window.scrollTo(0, place.y);
    const rows = document.getElementById("result_list")?.rows || [];
    const row = rows[Math.min(place.row, rows.length - 1)];
    const same = place.name && document.querySelector(`#result_list [aria-label="${CSS.escape(place.name)}"]`);
    (same || row?.querySelector(".field-decide a, .field-decide button, th a, a, button") || document.getElementById("main"))?.focus({ preventScroll: true });
  }

  document.addEventListener("click", remember);
  document.addEventListener("DOMContentLoaded", () => {
    sayMenu();
    document.querySelector("#nav-sidebar nav [aria-current]")?.scrollIntoView({ block: "nearest" });
    goOn();
  });
  window.addEventListener("pageshow", count);
  WIDE.addEventListener("change", sayMenu);
})();
