// The inbox: acts in place, what changes by itself, the preview, the keys, and logging of calls.
// Without this script its links and forms open pages.
(() => {
  "use strict";
  const inbox = document.querySelector(".inbox[data-in-place]");
  if (!inbox) return;
  const list = inbox.querySelector(".inbox-list");
  const preview = document.getElementById("preview");
  const toast = document.getElementById("toast");
  const bulk = document.getElementById("bulk-form");
  const POLL = 12000, LONGEST = 120000, TICK = 20000, TOAST = 10000;
  const ASK = { "X-Handoff-Dialog": "1" };
  let token = inbox.dataset.token;
  let wait = POLL;
  let polling = 0;
  let isBusy = false; // an answer to an act is newer than that of a question asked before

  // Rows

  const rows = () => [...list.querySelectorAll(".section[open]:not([hidden]) li")];
  const nameOf = (row) => row.querySelector(".who a");
  const idOf = (row) => row.id.slice(1);
  const current = () => document.activeElement.closest(".section li") || list.querySelector("li.open");
  const beside = () => window.matchMedia("(min-width: 1024px)").matches;

  function focusOn(row) {
    if (row) nameOf(row).focus();
    else (list.querySelector(".section:not([hidden]) summary") || inbox.querySelector("[name=q]")).focus();
  }

  function step(by) {
    const all = rows();
    const at = all.indexOf(current());
    return all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
  }

  function go(row) {
    if (!row) return;
    focusOn(row);
    row.scrollIntoView({ block: "nearest" });
    if (inbox.classList.contains("previewing")) show(row);
  }

  const have = () => rowsAnywhere().map((row) => `${idOf(row)}.${row.dataset.mark}`).join();
  const rowsAnywhere = () => [...list.querySelectorAll(".section li")];
  const shown = () => [...list.querySelectorAll(".section")].map(
    (section) => `${section.dataset.section}.${Math.max(20, Number(section.dataset.most) || 0)}`).join();

  // What the list is now is put into it: rows that stay keep their place, their focus and what is open in them.
  function apply(changed) {
    if (!changed) return;
    const focused = document.activeElement.closest(".section li");
    const following = focused && after(focused);
    const old = Object.fromEntries(rowsAnywhere().map((row) => [idOf(row), row]));
    for (const [name, ids] of Object.entries(changed.order)) {
      const section = document.getElementById(`section-${name}`);
      const ol = section.querySelector("ol");
      ids.forEach((id, at) => place(ol, at, renewed(old, String(id), changed.rows[id])));
      while (ol.children.length > ids.length) ol.lastElementChild.remove();
      section.querySelector("[data-count]").textContent = changed.counts[name];
      section.querySelector(".show-more").hidden = !changed.more[name];
      section.hidden = !ids.length;
    }
    for (const [name, number] of Object.entries(changed.tabs)) inbox.querySelector(`[data-tab=${name}]`).textContent = number;
    list.querySelector(".inbox-empty").hidden = rowsAnywhere().length > 0;
    token = changed.token;
    if (focused && !document.activeElement.closest(".section li")) {
      focusOn(document.getElementById(focused.id) || following.find((row) => row.isConnected));
    }
    tick();
    choose();
  }

  function after(row) {
    const all = rows();
    const at = all.indexOf(row);
    return [...all.slice(at + 1), ...all.slice(0, at).reverse()];
  }

  function renewed(old, id, html) {
    const row = old[id];
    if (!html) return row;
    const next = new DOMParser().parseFromString(html, "text/html").querySelector("li"); // of our own server, escaped there
    if (!row) return next;
    next.querySelector("[type=checkbox]").checked = row.querySelector("[type=checkbox]").checked;
    const log = row.querySelector(".log");
    if (log) next.append(log);
    next.classList.toggle("open", row.classList.contains("open"));
    const hadFocus = row.contains(document.activeElement);
    row.replaceWith(next);
    if (hadFocus) nameOf(next).focus();
    return next;
  }

  function place(ol, at, row) {
    const there = ol.children[at];
    if (there === row || !row) return;
    const hadFocus = row.contains(document.activeElement);
    ol.insertBefore(row, there || null);
    if (hadFocus) nameOf(row).focus();
  }

  // Acts

  function withList(data) {
    data.append("_have", have());
    data.append("_shown", shown());
    return data;
  }
  document.addEventListener("handoff:ask", (event) => withList(event.detail));

  document.addEventListener("handoff:done", (event) => done(event.detail));

  function done(answer) {
    const row = document.getElementById(`l${answer.lead}`);
    const below = row ? after(row) : [];
    const isInRow = row && (row.contains(document.activeElement) || document.activeElement === document.body);
    if (row && answer.transition) for (const log of row.querySelectorAll(".log")) log.remove();
    if (isInRow) nameOf(row).focus();
    apply(answer.list);
    const stays = document.getElementById(`l${answer.lead}`);
    const next = below.find((other) => other.isConnected) || rows().find((other) => other !== stays);
    if (isInRow && !stays) focusOn(next);
    say(answer, next);
    if (inbox.classList.contains("previewing")) {
      if (stays) show(stays); else if (next) show(next); else close();
    }
    later(POLL);
  }

  function say(answer, next) {
    toast.replaceChildren();
    for (const text of [answer.message, ...(answer.warnings || [])]) {
      const line = document.createElement("p");
      line.append(text);
      toast.append(line);
    }
    const line = toast.firstElementChild;
    if (answer.undo) {
      const undo = document.createElement("button");
      undo.textContent = "Undo";
      undo.name = "transition";
      undo.value = answer.transition;
      for (const [name, value] of [["type", "submit"], ["form", "act-form"], ["formaction", answer.undo]]) undo.setAttribute(name, value);
      line.append(undo);
    }
    if (next) {
      const link = document.createElement("a");
      link.href = nameOf(next).href;
      link.dataset.next = idOf(next);
      link.textContent = `Next: ${nameOf(next).textContent}`;
      line.append(link);
    }
    clearTimeout(say.timer);
    say.timer = setTimeout(() => toast.replaceChildren(), TOAST);
  }

  const complain = (text) => say({ message: text, warnings: [] });

  async function post(url, data) {
    isBusy = true;
    data.append("csrfmiddlewaretoken", document.querySelector("#act-form [name=csrfmiddlewaretoken]").value);
    data.append("next", document.querySelector("#act-form [name=next]").value);
    const headers = { ...ASK, "X-Handoff-In-Place": "1" };
    try {
      const answer = await fetch(url, { method: "POST", body: withList(data), headers });
      if (answer.redirected || answer.status === 403) return complain("You were logged out, or may no longer do that. Reload the page.");
      if (!answer.ok) return complain("That did not work. Try again.");
      if ((answer.headers.get("Content-Type") || "").includes("json")) return done(await answer.json());
      document.dispatchEvent(new CustomEvent("handoff:dialog", { detail: await answer.text() }));
    } catch {
      complain("The server does not answer. Try again.");
    } finally {
      isBusy = false;
    }
  }

  function act(button) {
    const menu = button.closest("details.more");
    if (menu) {
      menu.open = false;
      nameOf(button.closest("li")).focus();
    }
    const url = button.getAttribute("formaction");
    if (button.getAttribute("form") === "act-form") {
      if (button.disabled) return;
      button.disabled = true;
      const data = new FormData();
      if (button.name) data.append(button.name, button.value);
      post(url, data).finally(() => { button.disabled = false; });
      return;
    }
    const next = document.querySelector("#ask-form [name=next]").value;
    document.dispatchEvent(new CustomEvent("handoff:open", { detail: `${url}?${new URLSearchParams({ next })}` }));
  }

  const buttonFor = (row, verb) =>
    (row.classList.contains("open") && preview.querySelector(`[formaction*="/do/${verb}/"]`)) || row.querySelector(`[formaction*="/do/${verb}/"]`);

  // Calls and mails: one click logs what came of it.

  const LOGS = {
    tel: { channel: "call", done: "Called?", outcomes: { reached: "Reached", no_answer: "No answer", left_message: "Left a message" }, not: "Not called" },
    mailto: { channel: "email", done: "Wrote?", outcomes: { sent: "Sent" }, not: "Not sent" },
  };

  function offerLog(link) {
    const kind = LOGS[link.protocol.slice(0, -1)];
    const home = link.closest("li") || link.closest(".preview-head");
    const lead = home.id ? idOf(home) : preview.dataset.lead;
    home.querySelector(".log")?.remove();
    const log = document.createElement("div");
    log.className = "log";
    log.setAttribute("role", "group");
    log.setAttribute("aria-label", kind.done);
    log.append(`${kind.done} `);
    for (const [outcome, label] of Object.entries(kind.outcomes)) {
      log.append(button(label, () => {
        const data = new FormData();
        data.append("channel", kind.channel);
        data.append("outcome", outcome);
        log.remove();
        if (home.id) nameOf(home).focus();
        post(inbox.dataset.touch.replace("/0/", `/${lead}/`), data);
      }));
    }
    log.append(button(kind.not, () => { log.remove(); if (home.id) nameOf(home).focus(); }));
    home.append(log);
    log.querySelector("button").focus();
  }

  function button(label, does) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "act act-plain";
    made.textContent = label;
    made.addEventListener("click", does);
    return made;
  }

  // The menu of a row can copy, too: that needs this script, so it is added by it.
  list.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!menu.matches?.("details.more") || !menu.open) return;
    for (const other of list.querySelectorAll("details.more[open]")) if (other !== menu) other.open = false;
    const items = menu.querySelector("div");
    if (!menu.dataset.filled) {
      menu.dataset.filled = "1";
      for (const link of menu.closest("li").querySelectorAll(".reach a")) items.append(copier(link.textContent, menu));
    }
    const box = items.getBoundingClientRect();
    if (box.bottom > window.innerHeight) items.style.bottom = "100%";
  }, true);

  function copier(text, menu) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = `Copy ${text}`;
    made.addEventListener("click", async () => {
      menu.open = false;
      menu.querySelector("summary").focus();
      try {
        await navigator.clipboard.writeText(text);
        complain(`Copied ${text}.`);
      } catch {
        complain(`The browser does not allow copying: ${text}`);
      }
    });
    return made;
  }

  // The preview beside the list

  async function show(row) {
    const link = nameOf(row);
    for (const other of rowsAnywhere()) other.classList.toggle("open", other === row);
    preview.dataset.lead = idOf(row);
    const answer = await fetch(link.href, { headers: ASK }).catch(() => null);
    if (!answer || !answer.ok || answer.redirected) return window.location.assign(link.href);
    if (preview.dataset.lead !== idOf(row)) return; // another one was opened meanwhile
    preview.innerHTML = await answer.text(); // of our own server, escaped there
    preview.prepend(bar());
    preview.hidden = false;
    inbox.classList.add("previewing");
    row.querySelector(".dot")?.remove();
    document.getElementById(row.id)?.scrollIntoView({ block: "nearest" });
  }

  function bar() {
    const made = document.createElement("div");
    made.className = "preview-bar";
    made.append(button("Previous", () => turn(-1)), button("Next", () => turn(1)), button("Close", close));
    return made;
  }

  function turn(by) {
    const all = rows();
    const row = all[all.findIndex((other) => other.classList.contains("open")) + by];
    if (!row) return;
    show(row);
    row.scrollIntoView({ block: "nearest" });
  }

  function close() {
    const row = list.querySelector("li.open");
    preview.hidden = true;
    inbox.classList.remove("previewing");
    if (row) {
      row.classList.remove("open");
      nameOf(row).focus();
    }
  }

  document.addEventListener("click", (event) => {
    const target = event.target;
    const pressed = target.closest("button[formaction]");
    if (pressed && (inbox.contains(pressed) || toast.contains(pressed)) && pressed.dataset.page === undefined) {
      event.preventDefault();
      return act(pressed);
    }
    const reach = target.closest(".reach a");
    if (reach && inbox.contains(reach)) return offerLog(reach);
    const next = target.closest("#toast [data-next]");
    if (next) {
      event.preventDefault();
      return go(document.getElementById(`l${next.dataset.next}`));
    }
    const name = target.closest(".section .who a");
    if (name && beside() && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      return show(name.closest("li"));
    }
    const more = target.closest(".show-more");
    if (more) {
      event.preventDefault();
      return showMore(more.closest(".section"));
    }
    if (!target.closest("details.more")) for (const menu of list.querySelectorAll("details.more[open]")) menu.open = false;
  });

  async function showMore(section) {
    section.dataset.most = section.querySelectorAll("li").length + 50;
    const count = section.querySelectorAll("li").length;
    token = "";
    await ask();
    const first = section.querySelectorAll("li")[count];
    if (first) nameOf(first).focus();
  }

  // Selected rows

  function choose() {
    const count = list.querySelectorAll("[type=checkbox]:checked").length;
    bulk.classList.toggle("active", count > 0);
    bulk.querySelector("[data-selected]").textContent = `${count} selected:`;
  }
  list.addEventListener("change", choose);

  // Filters act when they are chosen.
  for (const select of inbox.querySelectorAll(".narrow select")) {
    select.addEventListener("change", () => select.form.requestSubmit());
  }

  // What is folded stays folded.
  for (const section of list.querySelectorAll(".section")) {
    const key = `handoff-inbox-${section.dataset.section}`;
    if (localStorage.getItem(key) === "0") section.open = false;
    section.addEventListener("toggle", (event) => {
      if (event.target === section) localStorage.setItem(key, section.open ? "1" : "0");
    });
  }

  // Keys

  const VERBS = { a: "accept", r: "reject", t: "touch", q: "qualify", c: "comment", s: "snooze" };
  const keys = document.getElementById("keys");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") {
      const menu = list.querySelector("details.more[open]");
      if (menu) {
        menu.open = false;
        return menu.querySelector("summary").focus();
      }
      if (!preview.hidden) close();
      return;
    }
    if (event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
    const does = KEYS[event.key] || (VERBS[event.key] && (() => verb(VERBS[event.key])));
    if (!does) return;
    event.preventDefault();
    does();
  });

  const KEYS = {
    j: () => go(step(1)),
    k: () => go(step(-1)),
    e: () => { const link = toast.querySelector("[data-next]"); go((link && document.getElementById(`l${link.dataset.next}`)) || step(1)); toast.replaceChildren(); },
    o: () => { const row = current(); if (row) window.location.assign(pageOf(row)); },
    x: () => { const box = current()?.querySelector("[type=checkbox]"); if (box) { box.checked = !box.checked; choose(); } },
    "/": () => inbox.querySelector("[name=q]").focus(),
    "?": () => keys.showModal(),
  };
  const pageOf = (row) => inbox.dataset.page.replace("/0/", `/${idOf(row)}/`);

  function verb(name) {
    const row = current();
    if (!row) return complain("Choose a lead first: j and k go through them.");
    const pressed = buttonFor(row, name);
    if (pressed) return act(pressed);
    complain(`${nameOf(row).textContent}: ${name} is not possible now.`);
  }

  const help = inbox.querySelector("[data-keys]");
  help.hidden = false;
  help.addEventListener("click", () => keys.showModal());

  // What changes by itself. One question, which is cheap; asked less often while nothing changes and nobody is there.

  async function ask() {
    if (document.hidden || isBusy) return;
    const data = new FormData();
    data.append("_token", token);
    data.append("csrfmiddlewaretoken", document.querySelector("#act-form [name=csrfmiddlewaretoken]").value);
    const answer = await fetch(`${inbox.dataset.changes}?${inbox.dataset.query}`, { method: "POST", body: withList(data) });
    if (answer.redirected || answer.status === 403) {
      wait = 0;
      return complain("You were logged out. Reload the page to go on.");
    }
    if (answer.status !== 200 || isBusy) return;
    wait = POLL;
    const changed = await answer.json();
    if (!isBusy) apply(changed);
  }

  function later(span) {
    clearTimeout(polling);
    wait = span;
    if (span) polling = setTimeout(poll, span + Math.random() * span / 4); // so that not all ask at once
  }

  async function poll() {
    const before = wait;
    let isWell = true;
    await ask().catch(() => { isWell = false; });
    if (!wait) return;
    const idle = Date.now() - lastMove > 5 * 60000;
    later(isWell && !idle ? POLL : Math.min(before * 2, LONGEST));
  }

  let lastMove = Date.now();
  for (const kind of ["pointermove", "keydown", "focus"]) {
    window.addEventListener(kind, () => {
      const slept = Date.now() - lastMove > 5 * 60000;
      lastMove = Date.now();
      if (slept) later(200);
    }, { passive: true });
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden) later(200); });

  // The time left goes on without the server. It is never rounded up, and in minutes below four hours.
  function tick() {
    const now = Date.now() / 1000;
    for (const holder of inbox.querySelectorAll("[data-due]")) {
      const label = (holder.classList.contains("due") ? holder : holder.querySelector(".due"))?.querySelector(".badge");
      if (!label || !/ (left|overdue)$/.test(label.textContent)) continue;
      const left = Number(holder.dataset.due) - now;
      label.textContent = left < 0 ? `${inWords(-left)} overdue` : `${inWords(left)} left`;
      if (left < 0) label.className = "badge badge-danger";
    }
  }

  function inWords(length) {
    const seconds = Math.floor(length), hours = Math.floor(seconds / 3600), days = Math.floor(hours / 24);
    const joined = (...parts) => parts.filter(([number]) => number).map(([number, unit]) => `${number} ${unit}`).join(" ");
    if (seconds < 60) return `${seconds} s`;
    if (hours < 4) return joined([hours, "h"], [Math.floor(seconds / 60) % 60, "min"]);
    if (hours < 48) return `${hours} h`;
    return joined([days, "days"], [days < 4 ? hours % 24 : 0, "h"]);
  }

  inbox.classList.add("scripted");
  choose();
  tick();
  setInterval(tick, TICK);
  later(POLL);
})();
