// Keyboard on the mapping page: arrows go from line to line, Enter accepts the line's suggestion, the right arrow goes
// into its choice and Escape comes back. Without this script every suggestion is accepted by its own button.
(() => {
  const form = document.querySelector("form[data-mapping]");
  if (!form) return;
  const lines = () => [...form.querySelectorAll("tr[data-line]")];

  const stop = (line) => {
    lines().forEach((each) => { each.tabIndex = -1; });
    line.tabIndex = 0;
  };

  const go = (line) => {
    stop(line);
    line.focus();
    line.scrollIntoView({ block: "nearest" });
  };

  const accept = (line) => {
    const button = line.querySelector("button[data-accept]");
    const choice = line.querySelector("select");
    if (!button || !choice || button.disabled) return false;
    choice.value = button.dataset.accept;
    if (choice.value !== button.dataset.accept) return false;
    button.disabled = true;
    button.textContent = button.dataset.accepted;
    line.classList.add("is-drafted");
    choice.dispatchEvent(new Event("change", { bubbles: true }));
    const announcer = document.getElementById("announcer");
    if (announcer) announcer.textContent = `${button.dataset.accepted}: ${choice.selectedOptions[0].textContent.trim()}`;
    return true;
  };

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-accept]");
    if (button && accept(button.closest("tr"))) event.preventDefault();
  });

  form.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const line = event.target.closest("tr[data-line]");
    if (!line) return;
    if (event.key === "Escape" && event.target !== line) {
      event.preventDefault();
      go(line);
    }
    if (event.target !== line) return;
    const all = lines();
    const at = all.indexOf(line);
    const next = {
      ArrowDown: all[at + 1], ArrowUp: all[at - 1], Home: all[0], End: all[all.length - 1],
    }[event.key];
    if (next) {
      event.preventDefault();
      go(next);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (accept(line) && all[at + 1]) go(all[at + 1]);
    } else if (event.key === "ArrowRight") {
      event.preventDefault();
      line.querySelector("select")?.focus();
    }
  });

  const first = form.querySelector("tr[data-line]:has(button[data-accept])") || lines()[0];
  if (first) stop(first);
  const hint = document.querySelector("[data-keys]");
  if (hint) hint.hidden = false;
})();
