"""The sandbox put together: the providers, each behind its journal and faults, the controls, the pages, the mailbox."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import orjson

from sandbox.beds24.app import Beds24
from sandbox.beds24.human import Human as BedsHuman
from sandbox.channex.app import Channex
from sandbox.clock import Clock, from_iso, zulu_stamp
from sandbox.faults import BadFault
from sandbox.human import Human
from sandbox.mailbox.human import Mailbox
from sandbox.mailbox.store import Store
from sandbox.mount import Mount, Provider
from sandbox.web import BadBody, Request, Response, Router, answer

TICK_SECONDS = 0.25


class Sandbox:
    """Handles every request that reaches the sandbox's port.

    Channex's controls lie under /_sim, Beds24's under /_sim/beds24; health, clock and the reset of everything are
    common to both.
    """

    def __init__(self, api_key: str | None = None, refuse: Callable[[float], None] | None = None) -> None:
        self.refuse = refuse or (lambda seconds: None)
        self.clock = Clock()
        self.channex = Channex(self.clock, api_key)
        self.beds24 = Beds24(self.clock)
        # The first whose prefix or root fits answers, so the longer ones come first.
        beds24, channex = self._mount("beds24", self.beds24, "/_sim/beds24"), self._mount("channex", self.channex)
        self.mounts = (beds24, channex)
        self.router = Router()
        self._routes()
        beds_human = BedsHuman(self.beds24, beds24.journal, beds24.faults)
        beds_human.routes(self.router)
        Human(self.channex, channex.journal, channex.faults, beds_human.summary).routes(self.router)
        self.mails = Store()
        Mailbox(self.mails).routes(self.router)
        self._stopped = threading.Event()

    def _mount(self, name: str, provider: Provider, root: str = "/_sim") -> Mount:
        return Mount(name, provider, self.clock, root, lambda seconds: self.refuse(seconds))

    def _routes(self) -> None:
        self.router.add("GET", "/_sim/health", lambda request: answer({"status": "ok"}))
        self.router.add("POST", "/_sim/reset", self.reset)
        self.router.add("GET", "/_sim/clock", lambda request: self._time())
        self.router.add("POST", "/_sim/clock", self.set_clock)

    def start(self) -> None:
        """Start the timers."""
        threading.Thread(target=self._tick, daemon=True, name="timers").start()

    def stop(self) -> None:
        """Stop timers and webhooks."""
        self._stopped.set()
        for mount in self.mounts:
            mount.stop()

    def _tick(self) -> None:
        while not self._stopped.wait(TICK_SECONDS):
            for mount in self.mounts:
                mount.provider.tick()

    def handle(self, request: Request) -> Response:
        """Answer one request, whatever it is for."""
        for mount in self.mounts:
            if request.path.startswith(mount.provider.prefixes):
                return mount.serve(request)
        handler = self.router.find(request)
        try:
            response = handler(request) if handler else self._control(request)
        except (BadBody, BadFault, ValueError) as error:
            return answer({"error": str(error)}, 422)
        return response or answer({"error": "there is nothing here"}, 404)

    def _control(self, request: Request) -> Response | None:
        for mount in self.mounts:
            response = mount.control(request)
            if response is not None:
                return response
        return None

    def reset(self, request: Request) -> Response:
        """Forget everything: worlds, journals, faults, clock."""
        self.clock.reset()
        for mount in self.mounts:
            mount.reset()
        self.mails.clear()
        return answer({"status": "reset"})

    def _time(self) -> Response:
        return answer({
            "now": zulu_stamp(self.clock.now()), "offset_seconds": round(self.clock.offset_seconds, 3),
            "frozen": self.clock.frozen,
        })  # fmt: skip

    def set_clock(self, request: Request) -> Response:
        """`{set: ISO}`, `{advance: seconds}`, `{freeze: true|false}`, `{reset: true}`, in this order."""
        given = request.json()
        if given.get("reset"):
            self.clock.reset()
        if given.get("set"):
            self.clock.set(from_iso(str(given["set"])))
        if given.get("advance"):
            self.clock.advance(float(given["advance"]))
        if "freeze" in given:
            self.clock.freeze(bool(given["freeze"]))
        return self._time()

    def dump(self) -> bytes:
        """Every provider's memory in one JSON document."""
        worlds = {mount.name: orjson.Fragment(mount.provider.dump()) for mount in self.mounts}
        return orjson.dumps({**worlds, "mailbox": self.mails.dump()})

    def load(self, document: dict[str, Any]) -> None:
        """Take up where a dump left off. A file from before there were two providers is Channex's alone."""
        if "format" in document:
            document = {"channex": document}
        for mount in self.mounts:
            if mount.name in document:
                mount.provider.load(document[mount.name])
        if "mailbox" in document:
            self.mails.load(document["mailbox"])

    def version(self) -> object:
        """Changes whenever a dump would."""
        return (*(mount.provider.version() for mount in self.mounts), self.mails.version())
