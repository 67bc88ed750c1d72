"""Beds24's word on each item of a write: the status is 201 also for what it refused. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from providers.beds24.words import known_id
from providers.errors import Malformed
from providers.http import Answer
from providers.strict import clean_text
from providers.types import VerdictKind

MOST_NOTES = 20


@dataclass(frozen=True)
class Note:
    """One entry of `errors`, `warnings` or `info`. Beds24 may leave out any part of it."""

    action: str
    field: str
    message: str

    def __str__(self) -> str:
        said = " ".join(part for part in (self.field, self.message) if part)
        return said or self.action or "no reason given"


@dataclass(frozen=True)
class Item:
    """One item's answer. `id` is that of what was made, also where a part of it was refused."""

    success: bool
    errors: tuple[Note, ...] = ()
    warnings: tuple[Note, ...] = ()
    id: str | None = None

    @property
    def kind(self) -> VerdictKind:
        """Accepted is only what nothing was said against; a refusal may come with warnings alone."""
        if not self.success:
            return VerdictKind.WARNED if self.id else VerdictKind.REFUSED
        return VerdictKind.WARNED if self.errors or self.warnings else VerdictKind.ACCEPTED

    @property
    def reason(self) -> str:
        said = "; ".join(dict.fromkeys(str(note) for note in self.errors + self.warnings))
        return said[:500] or ("" if self.success else "refused without a reason")


def read_items(answer: Answer, expected: int) -> list[Item]:
    """Return a verdict for each item sent. Raises `Malformed` when the answer does not cover them one by one."""
    body = answer.json
    if not isinstance(body, list) or len(body) != expected:
        raise Malformed("Beds24 did not answer for each item of the call", call_id=answer.call_id)
    return [read_item(item, f"[{index}]", answer.call_id) for index, item in enumerate(body)]


def read_item(item: Any, field: str, call_id: str | None = None) -> Item:
    if not isinstance(item, dict) or not isinstance(item.get("success"), bool):
        raise Malformed(f"{field}: Beds24 does not say whether it succeeded", field=f"{field}.success", call_id=call_id)
    made = item.get("new")
    return Item(
        success=item["success"],
        errors=_notes(item.get("errors")),
        warnings=_notes(item.get("warnings")),
        id=known_id(made.get("id")) if isinstance(made, dict) else None,
    )


def _notes(value: Any) -> tuple[Note, ...]:
    """An object or a text alone is taken for a list of one."""
    entries = value if isinstance(value, list) else [value] if value else []
    return tuple(_note(entry) for entry in entries[:MOST_NOTES])


def _note(entry: Any) -> Note:
    if not isinstance(entry, Mapping):
        return Note("", "", clean_text(str(entry))[:300])
    action, field, message = (clean_text(str(entry.get(name) or ""))[:300] for name in ("action", "field", "message"))
    return Note(action, field, message)
