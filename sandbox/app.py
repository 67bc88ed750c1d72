"""The sandbox put together: a provider behind its journal and faults, the controls beside it, the page for people."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from sandbox.channex.app import Channex
from sandbox.clock import Clock, from_iso, zulu_stamp
from sandbox.faults import BadFault, Faults, read_fault
from sandbox.human import Human
from sandbox.journal import Journal
from sandbox.web import BadBody, Request, Response, Router, answer

TICK_SECONDS = 0.25


class Sandbox:
    """Handles every request that reaches the sandbox's port."""

    def __init__(self, api_key: str | None = None, refuse: Callable[[float], None] | None = None) -> None:
        self.refuse = refuse or (lambda seconds: None)
        self.clock = Clock()
        self.channex = Channex(self.clock, api_key)
        self.journal = Journal()
        self.faults = Faults(self.channex.error_body, lambda seconds: self.refuse(seconds))
        self.router = Router()
        self._routes()
        self.human = Human(self.channex, self.journal, self.faults)
        self.human.routes(self.router)
        self._stopped = threading.Event()

    def _routes(self) -> None:
        self.router.add("GET", "/_sim/health", lambda request: answer({"status": "ok"}))
        self.router.add("POST", "/_sim/reset", self.reset)
        self.router.add("GET", "/_sim/clock", lambda request: self._time())
        self.router.add("POST", "/_sim/clock", self.set_clock)
        self.router.add("GET", "/_sim/faults", lambda request: self._rules())
        self.router.add("POST", "/_sim/faults", self.add_faults)
        self.router.add("DELETE", "/_sim/faults", self.drop_faults)
        self.router.add("DELETE", "/_sim/faults/<id>", self.drop_faults)
        self.router.add("GET", "/_sim/journal", self.calls)
        self.router.add("GET", "/_sim/journal/counts", self.counts)
        self.router.add("DELETE", "/_sim/journal", self.forget_calls)

    def start(self) -> None:
        """Start the timers."""
        threading.Thread(target=self._tick, daemon=True, name="timers").start()

    def stop(self) -> None:
        """Stop timers and webhooks."""
        self._stopped.set()
        self.faults.clear()
        self.channex.hooks.sender.stop()

    def _tick(self) -> None:
        while not self._stopped.wait(TICK_SECONDS):
            self.channex.tick()

    def handle(self, request: Request) -> Response:
        """Answer one request, whatever it is for."""
        if request.path.startswith(self.channex.prefixes):
            return self._provider(request)
        handler = self.router.find(request)
        try:
            response = handler(request) if handler else self.channex.control(request)
        except (BadBody, BadFault, ValueError) as error:
            return answer({"error": str(error)}, 422)
        return response or answer({"error": "there is nothing here"}, 404)

    def _provider(self, request: Request) -> Response:
        started, at = time.perf_counter(), self.clock.now()
        fault = self.faults.strike(request)
        if fault is None:
            response = self.channex.handle(request)
        else:
            self.channex.router.find(request)
            request.property_ids = self.channex.mentioned(request)
            response = self.faults.answer(fault, request, self.channex.handle)
        took = (time.perf_counter() - started) * 1000
        self.journal.note(at, request, response, took, fault.kind if fault else None)
        return response

    def reset(self, request: Request) -> Response:
        """Forget everything: world, journal, faults, clock."""
        self.faults.clear()
        self.clock.reset()
        self.channex.reset()
        self.journal.clear()
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

    def _rules(self) -> Response:
        return answer({"faults": [each.view() for each in self.faults.rules()]})

    def add_faults(self, request: Request) -> Response:
        """One rule, or `{faults: [rule, ...]}`."""
        given: dict[str, Any] = request.json()
        rules = [read_fault(each) for each in given.get("faults", [given])]
        added = [self.faults.add(each).view() for each in rules]
        return answer({"faults": added}, 201)

    def drop_faults(self, request: Request) -> Response:
        """Drop one rule, or all."""
        one = request.params.get("id")
        self.faults.clear(int(one) if one else None)
        return self._rules()

    def calls(self, request: Request) -> Response:
        """The journal, oldest first."""
        query = request.query
        limit = int(query.get("limit") or 500)
        found = self.journal.entries(query.get("property_id"), query.get("endpoint"), query.get("since"), limit)
        return answer({"calls": found})

    def counts(self, request: Request) -> Response:
        """How often each endpoint was called."""
        return answer(self.journal.counts(request.query.get("property_id")))

    def forget_calls(self, request: Request) -> Response:
        """Empty the journal."""
        self.journal.clear()
        return answer({"status": "empty"})
