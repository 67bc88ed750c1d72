// Copy buttons: <button hidden data-copy="id" data-copied="Copied">. Shown only where copying works.
(() => {
  const show = (root) => {
    if (!navigator.clipboard) return;
    root.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = false; });
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    const source = button && document.getElementById(button.dataset.copy);
    if (!source) return;
    await navigator.clipboard.writeText(source.textContent);
    const before = button.textContent;
    button.textContent = button.dataset.copied;
    const announcer = document.getElementById("announcer");
    if (announcer) announcer.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = before; }, 2000);
  });
  document.addEventListener("htmx:afterSettle", (event) => show(event.detail.elt));
  show(document);
})();
