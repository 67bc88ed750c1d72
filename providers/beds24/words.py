"""Beds24's words for what HTTP leaves open, and single values as it writes them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from providers.dialect import Credits, Dialect
from providers.errors import Malformed
from providers.refusals import Refusal
from providers.strict import clean_text

WINDOW = 300.0  # seconds an account's credits last; a 429 without a meter means one whole window
_DECIMAL = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)
_ID = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)


def read_credits(headers: Mapping[str, str]) -> Credits | None:
    """Return the meter of an answer. Decimals; a 400 names no cost, `/authentication/details` nothing at all.

    The names differ from those in Beds24's OpenAPI document (`X-FiveMinCreditLimit…`), which are not sent.
    """
    remaining = _decimal(headers.get("x-five-min-limit-remaining"))
    resets_in = _decimal(headers.get("x-five-min-limit-resets-in"))
    cost = _decimal(headers.get("x-request-cost"))
    if remaining is None and resets_in is None and cost is None:
        return None
    return Credits(remaining, None if resets_in is None else max(float(resets_in), 0.0), cost)


def read_error(body: Any) -> Refusal:
    """Read `{"success": false, "type": "error", "code": 400, "error": "…"}`; any part may be missing."""
    if not isinstance(body, dict):
        return Refusal()
    code, said = body.get("code"), body.get("error")
    known = isinstance(code, str | int) and not isinstance(code, bool)
    return Refusal(str(code)[:40] if known else None, clean_text(said)[:500] if isinstance(said, str) else "")


DIALECT = Dialect(read_error, read_credits, WINDOW)


def object_id(value: Any, field: str) -> str:
    """Return an id as we keep it. Beds24's are whole numbers, in a few places written as text."""
    found = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(found, str) and _ID.fullmatch(found):
        return found
    raise Malformed(f"{field}: {clean_text(repr(value))[:40]} is not an id", field=field)


def optional_id(value: Any, field: str) -> str | None:
    return None if value in (None, "", 0, "0") else object_id(value, field)


def known_id(value: Any) -> str | None:
    """Return an id, `None` when it is none: for what is only to be found again, not believed."""
    try:
        return optional_id(value, "id")
    except Malformed:
        return None


def stamp(moment: datetime) -> str:
    """Return an aware time as Beds24 takes it: UTC, whole seconds, `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _decimal(value: str | None) -> Decimal | None:
    """Return a header's number; one that cannot be read is unknown, like one that is missing."""
    text = (value or "").strip()
    if not _DECIMAL.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
