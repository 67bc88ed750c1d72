// Menus are <details>: they open without this. It only closes them on Escape, a click elsewhere, or another menu.
(() => {
  const open = () => document.querySelectorAll("details[data-menu][open]");

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    open().forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });
  document.addEventListener("click", (event) => {
    open().forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  document.querySelectorAll(".switch[data-menu]").forEach((menu) => {
    menu.addEventListener("toggle", () => {
      if (menu.open) menu.querySelector("input").focus();
    });
  });
})();
