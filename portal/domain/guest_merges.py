"""Two guests who are one person: which value of each field is kept, and how it is undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from portal.domain.guests import is_alias

FIELDS = (
    "name", "email", "phone", "address", "city", "postal_code", "state", "country", "language", "company", "notes",
)  # fmt: skip
NOTES = "notes"

Facts = Mapping[str, str | None]
"""What is known of a guest, by field; None for unknown."""


class Side(StrEnum):
    KEPT = "kept"
    GONE = "gone"
    BOTH = "both"  # notes alone: one after the other


@dataclass(frozen=True)
class Row:
    """One field both sides were asked for, and whose value wins."""

    field: str
    kept: str | None
    gone: str | None
    wins: Side

    @property
    def differs(self) -> bool:
        """Both know it, and not the same: a person may choose."""
        return bool(self.kept and self.gone and self.kept != self.gone)

    @property
    def result(self) -> str | None:
        if self.wins is Side.BOTH:
            return "\n\n".join(part for part in (self.kept, self.gone) if part) or None
        return self.gone if self.wins is Side.GONE else self.kept


def compare(kept: Facts, gone: Facts, *, gone_is_newer: bool, chosen: Mapping[str, Side] | None = None) -> list[Row]:
    """Every field either side knows. What only one knows wins; else what was chosen; else what was said last.

    An address an OTA made up for one booking never wins by itself over a real one; notes are kept of both.
    """
    rows = []
    for field in FIELDS:
        ours, theirs = kept.get(field) or None, gone.get(field) or None
        if ours is None and theirs is None:
            continue
        rows.append(Row(field, ours, theirs, _winner(field, ours, theirs, gone_is_newer, (chosen or {}).get(field))))
    return rows


def undone(before: Facts, merged: Facts, now: Facts) -> dict[str, str | None]:
    """The kept guest's values after the merge is undone: as before it, but what changed since stays."""
    return {
        field: before.get(field) if now.get(field) == merged.get(field) else now.get(field)
        for field in {*before, *merged, *now}
    }


def _winner(field: str, ours: str | None, theirs: str | None, gone_is_newer: bool, chosen: Side | None) -> Side:
    if theirs is None or ours == theirs:
        return Side.KEPT
    if ours is None:
        return Side.GONE
    if chosen is not None and (chosen is not Side.BOTH or field == NOTES):
        return chosen
    if field == NOTES:
        return Side.BOTH
    if field == "email" and is_alias(ours) != is_alias(theirs):
        return Side.GONE if is_alias(ours) else Side.KEPT
    return Side.GONE if gone_is_newer else Side.KEPT
