// A click anywhere in <tr data-row> follows the row's first link; with a modifier or the middle button, in a new tab.
(() => {
  const follow = (event) => {
    const row = event.target.closest("tr[data-row]");
    const link = row?.querySelector("a[href]");
    if (!link || event.target.closest("a, button, input, select, label, summary")) return;
    if (window.getSelection().toString()) return;
    if (event.type === "auxclick" && event.button !== 1) return;
    if (event.type === "auxclick" || event.ctrlKey || event.metaKey || event.shiftKey) {
      window.open(link.href, "_blank", "noopener");
    } else if (event.button === 0) {
      link.click();
    }
  };
  document.addEventListener("click", follow);
  document.addEventListener("auxclick", follow);
})();
