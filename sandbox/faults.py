"""Faults on demand: which requests go wrong, how, and how often."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sandbox.web import HTML, Handler, Request, Response, Wire

KINDS = (
    "status", "timeout", "slow", "drip", "reset", "garbage", "html", "truncated", "commit_then_timeout", "refuse",
)  # fmt: skip
HTML_PAGE = b"<!doctype html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"

# What a provider's addresses begin with: `/bookings` in a rule means `/api/v2/bookings` too.
BASE = re.compile(r"^(?:/api)?/v\d+(?=/)")

ErrorBody = Callable[[int, dict[str, Any] | None], bytes]
ErrorHeaders = Callable[[int, Request], dict[str, str]]
_ids = count(1)


class BadFault(Exception):
    """A fault rule that cannot be followed; says why."""


@dataclass(slots=True)
class Fault:
    """One rule. `times` is what is left of it; `until` is monotonic; `every` 3 lets two requests pass, then strikes."""

    kind: str
    match: dict[str, str] = field(default_factory=dict)
    status: int = 503
    retry_after: str | None = None
    details: dict[str, Any] | None = None
    delay: float = 1.0
    times: int | None = None
    until: float | None = None
    every: int = 1
    id: int = field(default_factory=lambda: next(_ids))
    seen: int = 0
    struck: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def hits(self, request: Request, mentioned: Set[str]) -> bool:
        """Whether this rule strikes this request; counts it when the rule matches."""
        if not self.concerns(request, mentioned):
            return False
        self.seen += 1
        if self.seen % self.every:
            return False
        self.struck += 1
        if self.times is not None:
            self.times -= 1
        return True

    def concerns(self, request: Request, mentioned: Set[str]) -> bool:
        """Whether method, path prefix and property of this rule fit a request that mentions these properties."""
        method, prefix = self.match.get("method"), self.match.get("path_prefix")
        if method and method.upper() != request.method:
            return False
        if prefix and not (request.path.startswith(prefix) or BASE.sub("", request.path).startswith(prefix)):
            return False
        property_id = self.match.get("property_id")
        named = property_id in mentioned or property_id in request.target if property_id else True
        return named or str(property_id).encode() in request.body

    def spent(self) -> bool:
        """Whether the rule has run out."""
        return (self.times is not None and self.times <= 0) or (
            self.until is not None and time.monotonic() >= self.until
        )

    def view(self) -> dict[str, Any]:
        """The rule as the controls show it."""
        left = None if self.until is None else max(0.0, round(self.until - time.monotonic(), 1))
        return {
            "id": self.id, "kind": self.kind, "match": self.match, "status": self.status,
            "retry_after": self.retry_after, "delay": self.delay, "times_left": self.times, "seconds_left": left,
            "every": self.every, "seen": self.seen, "struck": self.struck,
        }  # fmt: skip


def read_fault(given: dict[str, Any]) -> Fault:
    """A rule from its JSON. Raises BadFault."""
    kind = given.get("kind")
    if kind not in KINDS:
        raise BadFault(f"kind must be one of {', '.join(KINDS)}")
    delays = {"timeout": 60.0, "commit_then_timeout": 60.0, "slow": 1.0, "drip": 0.5}
    seconds = given.get("seconds")
    if kind == "refuse" and seconds is None:
        seconds = 5
    try:
        return Fault(
            kind=kind,
            match={name: str(value) for name, value in (given.get("match") or {}).items() if value},
            status=int(given.get("status") or (200 if kind in ("garbage", "html") else 503)),
            retry_after=None if given.get("retry_after") is None else str(given["retry_after"]),
            details=given.get("details"),
            delay=float(given.get("delay") or delays.get(kind, 1.0)),
            times=None if given.get("times") is None else int(given["times"]),
            until=None if seconds is None else time.monotonic() + float(seconds),
            every=max(1, int(given.get("every") or 1)),
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise BadFault(str(error)) from error


class Faults:
    """The rules in force, asked for each request to a provider."""

    def __init__(
        self, error_body: ErrorBody, refuse: Callable[[float], None], error_headers: ErrorHeaders | None = None
    ) -> None:
        self._error_body = error_body
        self._error_headers = error_headers or (lambda status, request: {})
        self._refuse = refuse
        self._rules: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        """Put a rule in force. `refuse` acts at once and on the whole server."""
        if fault.kind == "refuse" and fault.until is not None:
            self._refuse(max(0.0, fault.until - time.monotonic()))
            return fault
        with self._lock:
            self._rules.append(fault)
        return fault

    def clear(self, fault_id: int | None = None) -> None:
        """Drop one rule or all, and let go of the connections they hold."""
        with self._lock:
            gone = [rule for rule in self._rules if fault_id in (None, rule.id)]
            self._rules = [rule for rule in self._rules if rule not in gone]
        for rule in gone:
            rule.over.set()

    def rules(self) -> list[Fault]:
        """The rules still in force."""
        with self._lock:
            self._rules = [rule for rule in self._rules if not rule.spent()]
            return list(self._rules)

    def strike(self, request: Request, mentioned: Set[str] = frozenset()) -> Fault | None:
        """The first rule that hits this request, if any. `mentioned` are the properties it names some other way."""
        if not self._rules:
            return None
        with self._lock:
            self._rules = [rule for rule in self._rules if not rule.spent()]
            return next((rule for rule in self._rules if rule.hits(request, mentioned)), None)

    def answer(self, fault: Fault, request: Request, handler: Handler) -> Response:
        """What the client gets instead. The handler runs for every kind that is a real answer gone bad."""
        kind = fault.kind
        if kind == "status":
            headers = self._error_headers(fault.status, request)
            if fault.retry_after is not None:
                headers["Retry-After"] = fault.retry_after
            return Response(fault.status, self._error_body(fault.status, fault.details), headers)
        if kind == "garbage":
            return Response(fault.status, b'{"data": [{"id": \xff\xfe<<<')
        if kind == "html":
            return Response(fault.status, HTML_PAGE, {}, HTML)
        if kind == "timeout":
            return Response(200, wire=Wire("silence", fault.delay, fault.over))
        if kind == "reset":
            return Response(200, wire=Wire("reset", 0, fault.over))
        response = handler(request)
        if kind == "slow":
            fault.over.wait(fault.delay)
            return response
        wires = {"commit_then_timeout": "silence", "drip": "drip", "truncated": "truncated"}
        response.wire = Wire(wires[kind], fault.delay, fault.over)
        return response
