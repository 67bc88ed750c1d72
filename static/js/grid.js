// Keyboard in a grid of nights (<table class="grid" role="grid">), as in the W3C grid pattern: one stop for Tab,
// arrows between cells, Home and End within the row, Page Up and Down by a week. Enter follows the cell's link.
(() => {
  const WEEK = 7;
  const cells = (row) => [...row.querySelectorAll("td")];
  const handle = (cell) => cell.querySelector("a, button") || cell;

  const stop = (grid, cell) => {
    grid.querySelectorAll("td").forEach((each) => { handle(each).tabIndex = -1; });
    handle(cell).tabIndex = 0;
  };

  const target = (cell, key, jump) => {
    const row = cell.parentElement;
    const line = cells(row);
    const column = line.indexOf(cell);
    const rows = [...row.closest("table").querySelectorAll("tbody tr")].filter((each) => cells(each).length);
    const at = rows.indexOf(row);
    const across = { ArrowLeft: -1, ArrowRight: 1, PageUp: -WEEK, PageDown: WEEK }[key];
    if (across) return line[Math.max(0, Math.min(line.length - 1, column + across))];
    if (key === "Home") return jump ? cells(rows[0])[0] : line[0];
    if (key === "End") return jump ? cells(rows[rows.length - 1]).pop() : line[line.length - 1];
    if (key === "ArrowUp") return at > 0 ? cells(rows[at - 1])[column] : null;
    if (key === "ArrowDown") return at < rows.length - 1 ? cells(rows[at + 1])[column] : null;
    return undefined;
  };

  const begin = (grid) => {
    if (grid.querySelector("td [tabindex=\"0\"], td[tabindex=\"0\"]")) return; // the stop stays where the person was
    if (grid.contains(document.activeElement)) return;
    const first = grid.querySelector("td.is-today") || grid.querySelector("td");
    if (first) stop(grid, first);
  };

  document.addEventListener("keydown", (event) => {
    const cell = event.target.closest?.("table.grid[role=grid] td");
    if (!cell || event.altKey || event.metaKey) return;
    const next = target(cell, event.key, event.ctrlKey);
    if (next === undefined) return;
    event.preventDefault();
    if (!next) return;
    stop(cell.closest("table"), next);
    handle(next).focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  document.addEventListener("htmx:afterSettle", () => document.querySelectorAll("table.grid[role=grid]").forEach(begin));
  document.querySelectorAll("table.grid[role=grid]").forEach(begin);
})();
