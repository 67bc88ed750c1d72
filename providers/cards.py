"""Card data ends here: nothing a connector returns may hold a card number, a code or a holder."""

from __future__ import annotations

import re
from typing import Any

DEEPEST = 60
_SECRET_KEYS = frozenset(
    "card_number cardnumber pan cvv cvv2 cvc cvc2 security_code card_security_code "
    "cardholder_name cardholder card_holder card_holder_name name_on_card stripetoken pcibookingtoken".split()
)
# A code or a reference may look like a card number by chance; changed, it would name another booking.
_IDENTIFIERS = frozenset(
    "id unique_id system_id ota_reservation_code ota_unique_id code booking_id apiReference".split()
)

_UUID = r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b"
_RUN = r"[0-9](?:[ \-\u00a0]{0,2}[0-9]){12,}"
_CANDIDATE = re.compile(f"(?P<uuid>{_UUID})|(?P<run>{_RUN})")
_DIGITS = re.compile(r"[0-9]+")
# JSON kept as text inside JSON (a raw message) escapes its quotes once or more.
# The escapes are counted, not starred: a text of backslashes would otherwise take minutes.
_KEYED = re.compile(
    r'(?i)(\\{0,8}"(?:card_?number|cvv2?|cvc2?|security_code|card_?holder(?:_name)?)\\{0,8}"\s{0,20}:\s{0,20})'
    r'(\\{0,8}"[^"\\]*\\{0,8}"|[0-9]+)'
)
_CODE = re.compile(r"(?i)\b((?:cvv|cvc|csc)2?|security code)(\W{0,5})[0-9]{3,4}\b")


def strip_cards(value: Any) -> Any:
    """Return a copy without card numbers, security codes and card holders, at any depth.

    Fields named for them are removed; card numbers written into other text, also spaced or dashed,
    are masked to their last four digits. Text below 60 levels is dropped.
    """
    return _strip(value, DEEPEST, identifier=False)


def mask_cards(text: str) -> str:
    """Return the text with every card number in it masked to its last four digits, and codes removed."""
    if '"' in text:
        text = _KEYED.sub(_masked_field, text)
    text = _CODE.sub(r"\1\2***", text)
    return _CANDIDATE.sub(_masked_run, text) if len(text) > 12 else text


def _strip(value: Any, depth: int, *, identifier: bool) -> Any:
    if isinstance(value, str):
        return value if identifier else mask_cards(value)
    if isinstance(value, dict):
        if not depth:
            return None
        return {
            mask_cards(key): _strip(item, depth - 1, identifier=_names_a_thing(key))
            for key, item in value.items()
            if key.lower() not in _SECRET_KEYS
        }
    if isinstance(value, list):
        return [_strip(item, depth - 1, identifier=identifier) for item in value] if depth else None
    if isinstance(value, int) and not isinstance(value, bool) and not identifier and value > 10**12:
        masked = mask_cards(str(value))
        return value if masked == str(value) else masked
    return value


def _names_a_thing(key: str) -> bool:
    return key in _IDENTIFIERS or key.endswith(("_id", "Id"))


def _masked_field(match: re.Match[str]) -> str:
    value = match[2]
    quote = value[: value.index('"') + 1] if '"' in value else ""
    return f"{match[1]}{quote}***{quote}"


def _masked_run(match: re.Match[str]) -> str:
    if match["uuid"]:
        return match[0]
    text, groups = match["run"], [found.span() for found in _DIGITS.finditer(match["run"])]
    masked, kept = "", 0
    first = 0
    while first < len(groups):
        last = _card_end(text, groups, first)
        if last is None:
            first += 1
            continue
        start, end = groups[first][0], groups[last][1]
        number = "".join(_DIGITS.findall(text[start:end]))
        masked += text[kept:start] + "*" * (len(number) - 4) + number[-4:]
        kept, first = end, last + 1
    return masked + text[kept:]


def _card_end(text: str, groups: list[tuple[int, int]], first: int) -> int | None:
    """Return the digit group that ends a card number begun in group `first`, if one does."""
    digits = ""
    for last in range(first, len(groups)):
        digits += text[slice(*groups[last])]
        if len(digits) > 19:
            return None
        if len(digits) >= 13 and _is_card(digits):
            return last
    return None


def _is_card(digits: str) -> bool:
    """True for a number a card could have: a prefix in use (3 to 6, or 22 to 27) and a right check digit."""
    if digits[0] not in "3456" and not "22" <= digits[:2] <= "27":
        return False
    odd = sum(int(digit) for digit in digits[-1::-2])
    even = sum(int(digit) * 2 - 9 * (digit > "4") for digit in digits[-2::-2])
    return (odd + even) % 10 == 0
