// The side panel of the grid: opens with the night that was asked for, closes with Escape, gives the focus back.
(() => {
  const panel = document.getElementById("trace-panel");
  if (!panel) return;
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id === "trace" && !panel.open) panel.showModal();
  });
  // Shut means: nothing inside goes on asking.
  panel.addEventListener("close", () => panel.querySelector("#trace").replaceChildren());
  panel.addEventListener("click", (event) => {
    if (event.target === panel) panel.close();
  });
})();
