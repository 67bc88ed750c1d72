"""What any OTA is asked for, and its no."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


class NotSold(Exception):
    """The OTA does not sell this stay; `reason` is one word, `detail` names the night or the rule."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason} {detail}".strip())
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Stay:
    """A request to stay: nights first..last (date ordinals, both included), adults and rooms."""

    first: int
    last: int
    adults: int
    rooms: int

    @property
    def nights(self) -> int:
        """How many nights."""
        return self.last - self.first + 1


def read_day(text: str | None, otherwise: date) -> date:
    """The date a person typed, or the other one when it is none."""
    try:
        return date.fromisoformat(text) if text else otherwise
    except ValueError:
        return otherwise
