// Rejections and disputes: all rows chosen at once, and menus that close.
(() => {
  "use strict";
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-all]")) return;
    for (const box of document.querySelectorAll(`input[name=${event.target.dataset.all}]`)) box.checked = event.target.checked;
  });
  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
  document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (!open) return;
    closeMenus();
    open.querySelector("summary").focus();
  });
  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
  }
})();
