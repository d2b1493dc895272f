// Before the page is painted: light or dark, and whether the menu is folded away.
(() => {
  "use strict";
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  function kept(name) {
    try {
      return JSON.parse(window.localStorage.getItem(name));
    } catch {
      return null;
    }
  }

  function show() {
    const theme = kept("adminTheme") || "auto";
    root.classList.toggle("dark", theme === "dark" || (theme === "auto" && system.matches));
    for (const button of document.querySelectorAll("button[data-theme]")) {
      button.setAttribute("aria-pressed", String(button.dataset.theme === theme));
    }
  }

  root.classList.add("scripted");
  root.classList.toggle("menu-away", kept("sidebarDesktopOpen") === 0);
  show();
  system.addEventListener("change", show);
  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-theme]");
    if (!button) return;
    window.localStorage.setItem("adminTheme", JSON.stringify(button.dataset.theme));
    show();
  });
})();
