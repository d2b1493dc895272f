// Behind an @ in a comment, people who see the lead are offered. Without this script one types the username.
(() => {
  "use strict";
  const WRITTEN = /(^|[^\w@.+-])@([\w.+-]{0,40})$/;
  const WAIT = 150;
  let list = null;
  let field = null;
  let asked = 0;
  let timer = 0;

  // In the dialog of a comment, the lead is the one of its form.
  function addressOf(area) {
    if (area.dataset.mentions) return area.dataset.mentions;
    const form = area.name === "text" && area.form && area.form.getAttribute("action");
    const match = form && form.match(/^(.*\/)do\/comment\/(\d+)\//);
    return match ? `${match[1]}mentionable/${match[2]}/` : "";
  }

  function written(area) {
    const match = area.value.slice(0, area.selectionStart).match(WRITTEN);
    return match ? match[2] : null;
  }

  function close() {
    asked += 1;
    if (list) list.remove();
    if (field) for (const name of ["aria-expanded", "aria-controls", "aria-activedescendant"]) field.removeAttribute(name);
    list = field = null;
  }

  async function offer(area) {
    const words = written(area);
    const address = addressOf(area);
    if (words === null || !address) return close();
    asked += 1;
    const mine = asked;
    const answer = await fetch(`${address}?q=${encodeURIComponent(words)}`).catch(() => null);
    if (!answer || !answer.ok || answer.redirected || mine !== asked) return;
    const { people } = await answer.json();
    if (mine !== asked || written(area) === null) return;
    close();
    if (people.length) show(area, people);
  }

  function show(area, people) {
    field = area;
    list = document.createElement("div");
    list.id = "mention-list";
    list.className = "mention-list";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "People to mention");
    people.forEach((person, at) => list.append(option(person, at)));
    area.insertAdjacentElement("afterend", list);
    area.setAttribute("aria-expanded", "true");
    area.setAttribute("aria-controls", list.id);
    choose(0);
  }

  function option(person, at) {
    const item = document.createElement("div");
    item.id = `mention-${at}`;
    item.setAttribute("role", "option");
    item.dataset.username = person.username;
    item.textContent = person.name;
    const more = document.createElement("small");
    more.textContent = [`@${person.username}`, person.team].filter(Boolean).join(" · ");
    item.append(more);
    return item;
  }

  function choose(at) {
    [...list.children].forEach((item, each) => item.setAttribute("aria-selected", String(each === at)));
    field.setAttribute("aria-activedescendant", list.children[at].id);
    list.children[at].scrollIntoView({ block: "nearest" });
  }

  function take(item) {
    const area = field;
    const end = area.selectionStart;
    const start = end - written(area).length;
    area.setRangeText(`${item.dataset.username} `, start, end, "end");
    close();
    area.focus();
  }

  document.addEventListener("input", (event) => {
    if (!event.target.matches("textarea") || !addressOf(event.target)) return;
    clearTimeout(timer);
    if (written(event.target) === null) return close();
    timer = setTimeout(() => offer(event.target), WAIT);
  });

  document.addEventListener("keydown", (event) => {
    if (!list || event.target !== field) return;
    const items = [...list.children];
    const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") choose((at + 1) % items.length);
    else if (event.key === "ArrowUp") choose((at - 1 + items.length) % items.length);
    else if (event.key === "Enter" || event.key === "Tab") take(items[at]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation(); // Escape closes the list, and not the dialog around it
  }, true);

  document.addEventListener("mousedown", (event) => {
    const item = event.target.closest(".mention-list [role=option]");
    if (item) {
      event.preventDefault();
      take(item);
    } else if (list) close();
  });
  document.addEventListener("focusout", (event) => { if (event.target === field) close(); });
})();
