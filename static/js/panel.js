// The side panel of the grid: opens with the night that was asked for, closes with Escape, gives the focus back.
(() => {
  const panel = document.getElementById("trace-panel");
  if (!panel) return;
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id === "trace" && !panel.open) panel.showModal();
  });
  // The cell of the grid behind the panel says the same as the panel.
  document.addEventListener("htmx:afterSettle", () => {
    const now = panel.querySelector("template[data-cell]");
    if (!now) return;
    const link = [...document.querySelectorAll("table.grid td a")].find((each) => each.getAttribute("href") === now.dataset.cell);
    if (!link) return;
    link.replaceChildren(now.content.cloneNode(true));
    ["is-closed", "is-full", "is-oversold"].forEach((name) => {
      link.parentElement.classList.toggle(name, now.dataset.class.trim() === name);
    });
  });
  // Shut means: nothing inside goes on asking.
  panel.addEventListener("close", () => panel.querySelector("#trace").replaceChildren());
  panel.addEventListener("click", (event) => {
    if (event.target === panel) panel.close();
  });
})();
