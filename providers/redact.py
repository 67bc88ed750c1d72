"""What the journal may keep of a request or an answer: the shape and the trade, no secret, no guest."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from providers.cards import mask_cards
from providers.strict import clean_text

LONGEST = 64 * 1024
MASK = "***"
_SECRET = re.compile(
    r"(?i)token|secret|passw|api[-_]?key|authorization|card_?number|cvv|cvc|card_?holder|custom_?header|^key$|[-_]key$|^headers$"
)
# Guests' own words and names have no place in a technical log; the booking message itself is kept, sealed, elsewhere.
_PERSONAL = frozenset(
    "customer guests customer_name guest_name raw_message notes guarantee mail email phone "
    "firstName lastName mobile fax company address city postcode comments groupNote apiMessage".split()
)
# `message` is a guest's own words in a booking or a conversation, and the reason of a refusal anywhere else.
_SPEAKS_OF_A_BOOKING = frozenset(("arrival", "bookingId"))


def redacted(value: Any) -> str:
    """Return a JSON value as text of at most 64 KiB, with secrets, cards and guests masked at any depth."""
    budget = [LONGEST]
    return _cut(json.dumps(_masked(value, budget, 40), ensure_ascii=False, separators=(",", ":")))


def redacted_text(text: str) -> str:
    """Return text that was not JSON, cards masked, cut at 64 KiB."""
    return _cut(mask_cards(text[: LONGEST + 64]))


def redacted_query(params: Mapping[str, Any]) -> str:
    """Return query parameters as a person reads them, secrets masked."""
    return "&".join(f"{name}={MASK if _SECRET.search(name) else value}" for name, value in params.items())


def _masked(value: Any, budget: list[int], depth: int) -> Any:
    """Copy until the budget of characters is spent: a body of ten megabytes must not cost a second."""
    budget[0] -= 4
    if isinstance(value, str):
        budget[0] -= len(value)
        return clean_text(mask_cards(value[:LONGEST]))
    if isinstance(value, dict):
        kept: dict[str, Any] = {}
        for key, item in value.items():
            if budget[0] < 0 or not depth:
                kept["…"] = "…"
                break
            budget[0] -= len(key)
            kept[key] = MASK if item and _is_private(key, value) else _masked(item, budget, depth - 1)
        return kept
    if isinstance(value, list):
        items: list[Any] = []
        for item in value:
            if budget[0] < 0 or not depth:
                items.append("…")
                break
            items.append(_masked(item, budget, depth - 1))
        return items
    return value


def _is_private(key: str, holder: Mapping[str, Any]) -> bool:
    if key == "message":
        return not _SPEAKS_OF_A_BOOKING.isdisjoint(holder)
    return key in _PERSONAL or _SECRET.search(key) is not None


def _cut(text: str) -> str:
    return (
        text if len(text.encode("utf-8", "replace")) <= LONGEST else text.encode()[:LONGEST].decode("utf-8", "ignore")
    )
