"""The mails that arrived, oldest dropped first."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import asdict, dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

MOST = 300


@dataclass(frozen=True)
class Mail:
    """One mail as a person would read it. `at` is ISO 8601, UTC."""

    id: int
    at: str
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str
    message_id: str


class Store:
    """Mails by number, safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mails: deque[Mail] = deque(maxlen=MOST)
        self._last = 0

    def put(self, raw: bytes, recipients: list[str], at: datetime) -> Mail:
        """Read what came over the wire and keep it."""
        message = cast(EmailMessage, message_from_bytes(raw, policy=policy.default))
        with self._lock:
            self._last += 1
            mail = Mail(
                id=self._last,
                at=at.isoformat(timespec="seconds"),
                sender=str(message["From"] or ""),
                to=tuple(recipients),
                subject=str(message["Subject"] or ""),
                text=_part(message, "plain"),
                html=_part(message, "html"),
                message_id=str(message["Message-ID"] or ""),
            )
            self._mails.append(mail)
        return mail

    def newest(self) -> list[Mail]:
        with self._lock:
            return list(reversed(self._mails))

    def find(self, number: str) -> Mail | None:
        return next((each for each in self.newest() if str(each.id) == number), None)

    def clear(self) -> None:
        with self._lock:
            self._mails.clear()

    def version(self) -> tuple[int, int]:
        with self._lock:
            return self._last, len(self._mails)

    def dump(self) -> dict[str, Any]:
        with self._lock:
            return {"last": self._last, "mails": [asdict(each) for each in self._mails]}

    def load(self, document: dict[str, Any]) -> None:
        with self._lock:
            self._last = int(document["last"])
            self._mails = deque((Mail(**{**each, "to": tuple(each["to"])}) for each in document["mails"]), MOST)


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part else ""
