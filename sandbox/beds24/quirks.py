"""Misbehaviour inside an answer that is otherwise in order: items refused, ignored or half done, stale reads."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sandbox.faults import BadFault
from sandbox.web import Response

KINDS = ("refuse", "no_effect", "warn", "stale")
REMEMBERED = 50
LARGEST_REMEMBERED = 256 * 1024
_ids = count(1)


@dataclass(slots=True)
class Quirk:
    """One rule. `path` and `room_ids` narrow it; `times` is how many items (or reads) it still strikes."""

    kind: str
    path: str | None = None
    room_ids: frozenset[int] = frozenset()
    field_name: str = ""
    message: str = "temporarily unavailable"
    times: int | None = None
    struck: int = 0
    id: int = field(default_factory=lambda: next(_ids))

    def concerns(self, path: str, room_id: Any) -> bool:
        """Whether it is in force for this path and room."""
        if self.times is not None and self.struck >= self.times:
            return False
        return (not self.path or path == self.path) and (not self.room_ids or room_id in self.room_ids)

    def view(self) -> dict[str, Any]:
        """The rule as the controls show it."""
        return {
            "id": self.id, "kind": self.kind, "path": self.path, "room_ids": sorted(self.room_ids),
            "field": self.field_name, "message": self.message, "times": self.times, "struck": self.struck,
        }  # fmt: skip


def read_quirk(given: dict[str, Any]) -> Quirk:
    """A rule from its JSON. Raises BadFault."""
    if given.get("kind") not in KINDS:
        raise BadFault(f"kind must be one of {', '.join(KINDS)}")
    if given["kind"] == "warn" and not given.get("field"):
        raise BadFault("a warn needs the field it drops")
    try:
        times = None if given.get("times") is None else int(given["times"])
        rooms = frozenset(int(each) for each in given.get("room_ids") or ())
    except (TypeError, ValueError) as error:
        raise BadFault(str(error)) from error
    message = str(given.get("message") or "temporarily unavailable")
    return Quirk(given["kind"], given.get("path"), rooms, str(given.get("field") or ""), message, times)


class Quirks:
    """The rules in force, and the answers a stale read repeats."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Quirk] = []
        self._answers: OrderedDict[str, bytes] = OrderedDict()

    def add(self, quirk: Quirk) -> Quirk:
        """Put a rule in force."""
        with self._lock:
            self._rules.append(quirk)
        return quirk

    def clear(self) -> None:
        """Drop every rule."""
        with self._lock:
            self._rules.clear()
            self._answers.clear()

    def rules(self) -> list[Quirk]:
        """Every rule, spent ones too."""
        return list(self._rules)

    def of_item(self, path: str, room_id: Any) -> Quirk | None:
        """The rule that strikes an item of a write, counted."""
        return self._strike(path, room_id, ("refuse", "no_effect", "warn"))

    def _strike(self, path: str, room_id: Any, kinds: tuple[str, ...]) -> Quirk | None:
        with self._lock:
            for rule in self._rules:
                if rule.kind in kinds and rule.concerns(path, room_id):
                    rule.struck += 1
                    return rule
        return None

    def of_read(self, path: str, target: str, response: Response) -> Response:
        """The answer to a read: the same as last time while a stale rule is in force."""
        with self._lock:
            before = self._answers.get(target)
        if before is not None and self._strike(path, None, ("stale",)):
            return Response(response.status, before, response.headers, response.content_type)
        if len(response.body) > LARGEST_REMEMBERED:
            return response
        with self._lock:
            self._answers[target] = response.body
            while len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)
        return response
