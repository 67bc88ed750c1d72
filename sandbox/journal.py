"""What the client called: every exchange with its size, time and verdict, so that a test can say "exactly one call"."""

from __future__ import annotations

import threading
from collections import Counter, deque
from datetime import datetime
from typing import Any

from sandbox.clock import zulu_stamp
from sandbox.web import Request, Response

ENTRIES = 20_000
BODIES = 64 * 1024 * 1024
BODY_CUT = 256 * 1024


class Journal:
    """A bounded list of calls, and counts that are never trimmed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[dict[str, Any]] = deque()
        self._counts: Counter[tuple[str, str, int]] = Counter()
        self._next_id = 1
        self._bytes = 0

    def note(self, at: datetime, request: Request, response: Response, milliseconds: float, fault: str | None) -> None:
        """Write one exchange down. Bodies beyond 256 KiB are cut; the oldest entries leave when it grows too large."""
        sent = request.body[:BODY_CUT].decode("utf-8", "replace")
        received = response.body[:BODY_CUT].decode("utf-8", "replace")
        silent = response.wire is not None and response.wire.kind in ("silence", "reset")
        entry: dict[str, Any] = {
            "at": zulu_stamp(at),
            "method": request.method,
            "path": request.target,
            "endpoint": request.endpoint or f"{request.method} {request.path}",
            "property_ids": sorted(request.property_ids),
            "status": None if silent else response.status,
            "milliseconds": round(milliseconds, 2),
            "request_bytes": len(request.body),
            "response_bytes": len(response.body),
            "request_body": sent,
            "response_body": received,
            "fault": fault,
        }
        with self._lock:
            entry["id"] = self._next_id
            self._next_id += 1
            self._entries.append(entry)
            self._bytes += len(sent) + len(received)
            for property_id in entry["property_ids"] or [""]:
                self._counts[property_id, entry["endpoint"], entry["status"] or 0] += 1
            while len(self._entries) > ENTRIES or self._bytes > BODIES:
                gone = self._entries.popleft()
                self._bytes -= len(gone["request_body"]) + len(gone["response_body"])

    def entries(
        self, property_id: str | None = None, endpoint: str | None = None, since: str | None = None, limit: int = 500
    ) -> list[dict[str, Any]]:
        """The newest `limit` calls, oldest first. `since` is an entry id or an ISO moment in UTC."""
        found: list[dict[str, Any]] = []
        with self._lock:
            for entry in reversed(self._entries):
                if since and _is_before(entry, since):
                    break
                if property_id and property_id not in entry["property_ids"]:
                    continue
                if endpoint and not same_endpoint(endpoint, entry["endpoint"]):
                    continue
                found.append(entry)
                if len(found) >= limit:
                    break
        return found[::-1]

    def counts(self, property_id: str | None = None) -> dict[str, Any]:
        """How often each endpoint was called, in total and per property and status (0: no answer was sent)."""
        with self._lock:
            rows: list[dict[str, Any]] = [
                {"property_id": place or None, "endpoint": endpoint, "status": status or None, "calls": calls}
                for (place, endpoint, status), calls in sorted(self._counts.items())
                if not property_id or place == property_id
            ]
        by_endpoint: Counter[str] = Counter()
        for row in rows:
            by_endpoint[row["endpoint"]] += row["calls"]
        return {"by_endpoint": dict(by_endpoint), "counts": rows, "total": sum(by_endpoint.values())}

    def clear(self) -> None:
        """Forget every call. Entry ids go on, so a cursor taken before stays good."""
        with self._lock:
            self._entries.clear()
            self._counts.clear()
            self._bytes = 0


def same_endpoint(asked: str, endpoint: str) -> bool:
    """Whether `POST /availability`, `/availability` or `availability` names this endpoint."""
    method, _, path = endpoint.partition(" ")
    short = path.removeprefix("/api/v1")
    return asked in (endpoint, path, short, short.lstrip("/"), f"{method} {short}")


def _is_before(entry: dict[str, Any], since: str) -> bool:
    if since.isdigit():
        return bool(entry["id"] <= int(since))
    return bool(entry["at"] < since)
