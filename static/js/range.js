// Selecting cells of the grid of prices: Shift and the arrows, or dragging with the mouse. The form below then speaks of
// the plans and nights selected. Without a script the same is said on the page of many nights.
(() => {
  const grid = document.querySelector("table.rate-grid");
  const form = document.getElementById("range-form");
  if (!grid || !form) return;
  const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
  let anchor = null;
  let end = null;
  let dragged = false;

  const rows = () => [...grid.querySelectorAll("tbody tr")];
  const place = (cell) => [rows().indexOf(cell.parentElement), [...cell.parentElement.querySelectorAll("td")].indexOf(cell)];
  const facts = (cell) => new URLSearchParams(cell.querySelector("a")?.href.split("?")[1] || "");

  const clear = () => {
    grid.querySelectorAll("td.is-selected").forEach((cell) => {
      cell.classList.remove("is-selected");
      cell.removeAttribute("aria-selected");
    });
    anchor = end = null;
    form.hidden = true;
  };

  const selected = () => {
    const [top, left] = place(anchor);
    const [bottom, right] = place(end);
    return rows().slice(Math.min(top, bottom), Math.max(top, bottom) + 1)
      .map((row) => [...row.querySelectorAll("td")].slice(Math.min(left, right), Math.max(left, right) + 1))
      .filter((cells) => cells.length && facts(cells[0]).get("kind") === "rates");
  };

  const show = () => {
    grid.querySelectorAll("td.is-selected").forEach((cell) => {
      cell.classList.remove("is-selected");
      cell.removeAttribute("aria-selected");
    });
    const lines = selected();
    form.hidden = !lines.length;
    if (!lines.length) return;
    lines.flat().forEach((cell) => {
      cell.classList.add("is-selected");
      cell.setAttribute("aria-selected", "true");
    });
    const nights = lines[0].map((cell) => facts(cell).get("night"));
    const plans = lines.map((cells) => facts(cells[0]).get("subject"));
    const hold = form.querySelector("[data-plans]");
    hold.replaceChildren(...plans.map((plan) => {
      const input = document.createElement("input");
      Object.assign(input, { type: "hidden", name: "plan", value: plan });
      return input;
    }));
    form.elements.first_0.value = nights[0];
    form.elements.last_0.value = nights[nights.length - 1];
    form.elements.copy_night.value = nights[0];
    form.elements.copy_plan.value = plans[0];
    form.querySelector("[data-range-nights]").textContent = nights.length;
    form.querySelector("[data-range-plans]").textContent = plans.length;
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && anchor && !document.querySelector("dialog[open]")) {
      const back = anchor;
      clear();
      if (form.contains(event.target)) (back.querySelector("a") || back).focus();
      return;
    }
    const cell = event.target.closest?.("table.rate-grid td");
    if (!cell || !ARROWS.includes(event.key)) return;
    // grid.js, which listens before this, has moved the focus already.
    const now = document.activeElement.closest("td");
    if (!event.shiftKey) { if (anchor) clear(); return; }
    anchor = anchor || cell;
    end = now || cell;
    show();
  });

  grid.addEventListener("dragstart", (event) => event.preventDefault());
  grid.addEventListener("pointerdown", (event) => {
    const cell = event.target.closest("td");
    dragged = false;
    if (!cell || event.button !== 0 || event.pointerType === "touch") return;
    if (event.shiftKey && anchor) { end = cell; dragged = true; show(); return; }
    clear();
    anchor = cell;
    end = null;
    grid.classList.add("is-selecting");
  });
  grid.addEventListener("pointerover", (event) => {
    const cell = event.target.closest("td");
    if (!cell || !grid.classList.contains("is-selecting") || !(event.buttons & 1)) return;
    if (cell === anchor && !dragged) return;
    dragged = true;
    end = cell;
    show();
  });
  document.addEventListener("pointerup", () => {
    grid.classList.remove("is-selecting");
    if (!dragged && anchor && !end) anchor = null;
  });
  // A drag is no click on the night where it ended.
  grid.addEventListener("click", (event) => {
    if (!dragged) return;
    event.preventDefault();
    event.stopPropagation();
    dragged = false;
  }, true);
  form.querySelector("[data-range-clear]").addEventListener("click", clear);
})();
