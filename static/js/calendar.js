// The tape chart by keyboard, as in the W3C grid pattern, and by dragging. A move fills the plain form and posts it.
// Arrows walk the cells, Home and End the row; M lifts a stay, up and down choose its room, Enter puts it there.
(() => {
  const FAR = 6; // pixels the pointer travels before a click becomes a drag
  let column = 0; // kept while one walks up and down over long stays
  let move = null; // { bar, target } while a stay is carried

  const chart = () => document.querySelector("table.tape[role=grid]");
  const handle = (cell) => cell.querySelector("a.bar, a.free") || cell;
  const rows = (table) => [...table.querySelectorAll("tbody tr")];
  const rooms = (table) => rows(table).filter((row) => row.dataset.room && !("closed" in row.dataset));
  const say = (words, values = {}) => {
    const announcer = document.getElementById("announcer");
    if (announcer) announcer.textContent = words.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
  };

  const start = (cell) => {
    let at = 0;
    for (const each of cell.parentElement.querySelectorAll("td")) {
      if (each === cell) return at;
      at += each.colSpan;
    }
    return at;
  };
  const cellAt = (row, wanted) => {
    let at = 0;
    const cells = [...row.querySelectorAll("td")];
    return cells.find((cell) => { at += cell.colSpan; return wanted < at; }) || cells[cells.length - 1];
  };

  const stop = (table, cell) => {
    table.querySelectorAll("td, td a").forEach((each) => { each.tabIndex = -1; });
    handle(cell).tabIndex = 0;
  };
  const go = (table, cell) => {
    stop(table, cell);
    handle(cell).focus();
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  };

  const walk = (cell, event) => {
    const table = cell.closest("table");
    const row = cell.parentElement;
    const cells = [...row.querySelectorAll("td")];
    const at = cells.indexOf(cell);
    const all = rows(table);
    const down = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const across = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    let next;
    if (across) next = cells[at + across];
    else if (event.key === "Home") next = (event.ctrlKey ? all[0] : row).querySelector("td");
    else if (event.key === "End") next = [...(event.ctrlKey ? all[all.length - 1] : row).querySelectorAll("td")].pop();
    else if (down) next = all[all.indexOf(row) + down] && cellAt(all[all.indexOf(row) + down], column);
    else return false;
    if (next) {
      go(table, next);
      if (!down) column = start(next);
    }
    return true;
  };

  const free = (row, bar) => {
    const cell = bar.closest("td");
    const first = start(cell);
    for (let night = first; night < first + cell.colSpan; night += 1) {
      const other = cellAt(row, night).querySelector(".bar");
      if (other && other !== bar) return false;
    }
    return true;
  };

  const aim = (row) => {
    const table = chart();
    move.target?.classList.remove("is-target");
    move.target = row;
    if (!row) return;
    row.classList.add("is-target");
    row.scrollIntoView({ block: "nearest" });
    const here = row === move.bar.closest("tr");
    const words = here ? table.dataset.sayHere : free(row, move.bar) ? table.dataset.sayFree : table.dataset.sayTaken;
    say(words, { room: row.dataset.number });
  };
  const lift = (bar) => {
    move = { bar, target: null };
    bar.classList.add("is-carried");
    chart().classList.add("is-moving");
    say(chart().dataset.sayMoving, { guest: bar.dataset.guest });
  };
  const drop = () => {
    move?.bar.classList.remove("is-carried");
    move?.target?.classList.remove("is-target");
    chart()?.classList.remove("is-moving");
    move = null;
  };
  const put = () => {
    const { bar, target } = move;
    drop();
    if (!target || target === bar.closest("tr")) return say(chart().dataset.sayLeft);
    const form = document.getElementById("move-form");
    form.elements.stay.value = bar.dataset.stay;
    form.elements.room.value = target.dataset.room;
    form.elements.version.value = bar.dataset.version;
    return form.requestSubmit();
  };
  const step = (by) => {
    const table = chart();
    const choices = rooms(table);
    const from = move.target || move.bar.closest("tr");
    const at = choices.indexOf(from);
    if (at >= 0) return aim(choices[Math.max(0, Math.min(choices.length - 1, at + by))]);
    // A stay without a room stands above the rooms of its type: down is the first of them, up the last before.
    const after = choices.findIndex((row) => from.compareDocumentPosition(row) & Node.DOCUMENT_POSITION_FOLLOWING);
    return aim(choices[Math.max(0, by > 0 ? (after < 0 ? choices.length - 1 : after) : (after < 0 ? choices.length : after) - 1)]);
  };

  const carry = (event) => {
    const does = { ArrowUp: () => step(-1), ArrowDown: () => step(1), Enter: put, Escape: () => { drop(); say(chart().dataset.sayLeft); } }[event.key];
    if (!does) return event.key !== "Tab";
    does();
    return true;
  };

  document.addEventListener("keydown", (event) => {
    const cell = event.target.closest?.("table.tape[role=grid] td");
    if (move && event.key === "Tab") drop();
    if (!cell || event.altKey || event.metaKey) return;
    if (move) {
      if (carry(event)) event.preventDefault();
      return;
    }
    const bar = event.target.closest("a.bar[data-stay]");
    if (bar && !event.ctrlKey && event.key.toLowerCase() === "m") {
      event.preventDefault();
      lift(bar);
    } else if (walk(cell, event)) event.preventDefault();
  });

  // -- by pointer: a mouse or a pen drags; a finger scrolls, and has the button in the bar.
  let pressed = null;
  let dragged = false;
  document.addEventListener("pointerdown", (event) => {
    const bar = event.target.closest?.("a.bar[data-stay]");
    dragged = false;
    pressed = bar && event.button === 0 && event.pointerType !== "touch" ? { bar, x: event.clientX, y: event.clientY } : null;
  });
  document.addEventListener("pointermove", (event) => {
    if (!pressed) return;
    if (!move && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) < FAR) return;
    if (!move) lift(pressed.bar);
    dragged = true;
    const row = document.elementFromPoint(event.clientX, event.clientY)?.closest("table.tape tr[data-room]:not([data-closed])");
    if ((row || null) !== move.target) aim(row || null);
  });
  document.addEventListener("pointerup", () => {
    const was = pressed;
    pressed = null;
    if (was && move) put();
  });
  document.addEventListener("click", (event) => {
    if (dragged && event.target.closest?.("table.tape")) event.preventDefault(); // the end of a drag opens nothing
    dragged = false;
  }, true);

  const begin = () => {
    const table = chart();
    if (!table || table.classList.contains("is-live")) return;
    table.classList.add("is-live");
    const first = table.querySelector("[data-focus]")?.closest("td") || table.querySelector("tr[data-room] td, td");
    if (!first) return;
    stop(table, first);
    column = start(first);
  };
  document.addEventListener("htmx:afterSettle", begin);
  begin();
})();
