// The page of a lead: copying, menus that close, and older events in place. Without it, links and forms do the same.
(() => {
  "use strict";
  const ASK = { "X-Handoff-Dialog": "1" };

  function sayTo(element, words) {
    const before = element.getAttribute("aria-label");
    element.setAttribute("aria-label", words);
    element.title = words;
    setTimeout(() => { element.setAttribute("aria-label", before); element.title = ""; }, 2000);
  }

  async function copy(button) {
    const icon = button.querySelector(".material-symbols-outlined");
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      return sayTo(button, "Your browser does not allow copying.");
    }
    icon.textContent = "check";
    setTimeout(() => { icon.textContent = "content_copy"; }, 2000);
    sayTo(button, "Copied");
  }

  async function showOlder(link) {
    const item = link.closest("li");
    link.setAttribute("aria-busy", "true");
    const answer = await fetch(link.dataset.older, { headers: ASK }).catch(() => null);
    if (!answer || !answer.ok || answer.redirected) return window.location.assign(link.href);
    const last = item.previousElementSibling;
    item.insertAdjacentHTML("afterend", await answer.text()); // of our own server, escaped there
    item.remove();
    const next = last ? last.nextElementSibling : null;
    if (next) next.focus({ preventScroll: true });
  }

  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
    const older = event.target.closest("a[data-older]");
    if (older && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      showOlder(older);
    }
    const fold = event.target.closest("[data-fold]");
    if (fold) {
      event.preventDefault();
      fold.closest("form").reset();
      const folded = fold.closest("details");
      folded.open = false;
      folded.querySelector("summary").focus();
    }
    const menu = event.target.closest("details.menu");
    closeMenus(event.target.closest(".menu-items") ? null : menu);
  });

  document.addEventListener("keydown", (event) => {
    const menu = document.querySelector("details.menu[open]");
    if (!menu) return;
    if (event.key === "Escape") {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const items = [...menu.querySelectorAll(".menu-items a, .menu-items button")];
      const step = event.key === "ArrowDown" ? 1 : -1;
      items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
      event.preventDefault();
    }
  });

  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
  });
})();
