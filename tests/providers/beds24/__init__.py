"""Recorded shapes (values invented), and the connector they are fed to."""

from __future__ import annotations

import copy
import json
import threading
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from providers.beds24.client import Beds24
from providers.http import HttpClient
from providers.tokens import Tokens

BASE = "https://beds24.example.test/v2"
PROPERTY = "555"
ROOM_TYPE = "555001"
PLAN = "555001:1"
BOOKING = 90000001
NOW = datetime(2027, 1, 10, 9, 30, tzinfo=UTC)
ACCESS = "a1" + "x" * 160
REFRESH = "r1" + "y" * 160


class Clock:
    """A clock that moves only when told."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class Store:
    """Tokens kept in memory, as the portal keeps them in a row: one renewal at a time."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.saved: list[Tokens] = []
        self._lock = threading.Lock()

    def load(self) -> Tokens:
        return self.tokens

    def save(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.saved.append(tokens)

    def exclusively(self) -> AbstractContextManager[object]:
        return self._lock


def make_tokens(**changes: Any) -> Tokens:
    kept = {"access": ACCESS, "expires_at": NOW + timedelta(hours=20), "refreshed_at": NOW - timedelta(hours=4)}
    return Tokens(**{"refresh": REFRESH, **kept, **changes})


def make_beds24(store: Store | None = None, clock: Clock | None = None, **http: Any) -> Beds24:
    client = HttpClient(BASE, {}, **http)
    return Beds24(client, store or Store(make_tokens()), "EUR", clock or Clock())


def recorded(name: str) -> Any:
    return json.loads((Path(__file__).parent / f"{name}.json").read_text())


def make_booking(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(recorded("booking")) | changes


def page(*items: Any, kind: str = "booking", more: bool = False) -> dict[str, Any]:
    link = "https://elsewhere.example.test/steal?page=2" if more else None
    return {
        "success": True,
        "type": kind,
        "count": len(items),
        "pages": {"nextPageExists": more, "nextPageLink": link},
        "data": list(items),
    }


def refusal(error: str, code: int = 400) -> dict[str, Any]:
    return {"success": False, "type": "error", "code": code, "error": error}
