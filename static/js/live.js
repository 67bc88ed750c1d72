// What fragments need beside htmx: the changed part is outlined and announced, a lost connection is a sentence,
// polling slows down while nobody looks, the clock of the property goes on.
(() => {
  const HIDDEN_POLL = 30000;
  const OUTLINE = 1000;
  const polled = new Map();

  document.addEventListener("htmx:beforeRequest", (event) => {
    const path = event.detail.requestConfig.path;
    if (event.detail.requestConfig.headers["X-Polling"] !== "1") return;
    if (document.hidden && Date.now() - (polled.get(path) || 0) < HIDDEN_POLL) event.preventDefault();
    else polled.set(path, Date.now());
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status < 400) document.getElementById("messages")?.replaceChildren();
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    const part = event.detail.elt;
    const headers = event.detail.requestConfig?.headers || {};
    if (!part?.isConnected || headers["X-Polling"] === "1" || part.id === "choices") return;
    part.classList.add("just-changed");
    setTimeout(() => part.classList.remove("just-changed"), OUTLINE);
    const words = part.querySelector("[data-announce]") || (part.matches("[data-announce]") ? part : null);
    const announcer = document.getElementById("announcer");
    if (words && announcer) announcer.textContent = words.textContent.trim();
    part.querySelector("[data-focus]")?.focus();
  });

  const lost = () => {
    const words = document.getElementById("lost-connection");
    const messages = document.getElementById("messages");
    if (words && messages) messages.replaceChildren(words.content.cloneNode(true));
  };
  document.addEventListener("htmx:sendError", lost);
  document.addEventListener("htmx:timeout", lost);

  const tick = () => {
    document.querySelectorAll("[data-clock]").forEach((clock) => {
      const form = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: clock.dataset.clock };
      clock.textContent = new Intl.DateTimeFormat(document.documentElement.lang, form).format(new Date());
    });
  };
  setInterval(tick, 20000);

  document.querySelector("[data-focus]")?.focus();
})();
