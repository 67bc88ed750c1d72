"""A simulated provider behind a journal and faults of its own, with the controls every provider has."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

from sandbox.clock import Clock
from sandbox.faults import Faults, read_fault
from sandbox.journal import Journal
from sandbox.web import Handler, Request, Response, Router, answer


class Provider(Protocol):
    """What the sandbox asks of a simulated provider."""

    prefixes: tuple[str, ...]

    def handle(self, request: Request) -> Response:
        """Answer one API request."""

    def control(self, request: Request, path: str) -> Response | None:
        """Answer a control by what follows its root; None when there is no such control."""

    def locate(self, request: Request) -> Handler | None:
        """The handler of a request, with its `endpoint` filled in."""

    def mentioned(self, request: Request) -> set[str]:
        """The properties a request names."""

    def error_body(self, status: int, details: dict[str, Any] | None) -> bytes:
        """The body of an error made on purpose."""

    def error_headers(self, status: int, request: Request) -> dict[str, str]:
        """And its headers."""

    def tick(self) -> None:
        """Do what is due."""

    def stop(self) -> None:
        """Send nothing more."""

    def reset(self) -> None:
        """Forget everything."""

    def dump(self) -> bytes:
        """Everything, as JSON."""

    def load(self, document: dict[str, Any]) -> None:
        """Take up where a dump left off."""

    def version(self) -> object:
        """Changes whenever a dump would."""


class Mount:
    """One provider as the sandbox serves it. Its controls lie under `root`: faults, journal, reset, and its own."""

    def __init__(self, name: str, provider: Provider, clock: Clock, root: str, refuse: Callable[[float], None]) -> None:
        self.name = name
        self.provider = provider
        self.clock = clock
        self.root = root
        self.journal = Journal()
        self.faults = Faults(provider.error_body, refuse, provider.error_headers)
        self.router = Router()
        self._routes()

    def _routes(self) -> None:
        self.router.add("GET", "/faults", lambda request: self._rules())
        self.router.add("POST", "/faults", self.add_faults)
        self.router.add("DELETE", "/faults", self.drop_faults)
        self.router.add("DELETE", "/faults/<id>", self.drop_faults)
        self.router.add("GET", "/journal", self.calls)
        self.router.add("GET", "/journal/counts", self.counts)
        self.router.add("DELETE", "/journal", self.forget_calls)

    def serve(self, request: Request) -> Response:
        """Answer an API request, or make it go wrong, and write it down."""
        started, at = time.perf_counter(), self.clock.now()
        mentioned = self.provider.mentioned(request) if self.faults.rules() else set()
        fault = self.faults.strike(request, mentioned)
        if fault is None:
            response = self.provider.handle(request)
        else:
            self.provider.locate(request)
            request.property_ids = mentioned
            response = self.faults.answer(fault, request, self.provider.handle)
        took = (time.perf_counter() - started) * 1000
        self.journal.note(at, request, response, took, fault.kind if fault else None)
        return response

    def control(self, request: Request) -> Response | None:
        """Answer a control under `root`; None when it is none."""
        if not request.path.startswith(f"{self.root}/"):
            return None
        path = request.path.removeprefix(self.root)
        handler = self.router.find(request, path)
        return handler(request) if handler else self.provider.control(request, path)

    def reset(self) -> None:
        """Forget world, faults and journal."""
        self.faults.clear()
        self.provider.reset()
        self.journal.clear()

    def stop(self) -> None:
        """Let go of held connections and send no more webhooks."""
        self.faults.clear()
        self.provider.stop()

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
