"""Invented guests and reservation codes."""

from __future__ import annotations

import random
import string
from typing import Any

from sandbox.guests import NAMES


def code(ota: str, dice: random.Random) -> str:
    """A reservation code in the shape each OTA uses."""
    if ota == "ABB":
        return "HM" + "".join(dice.choices(string.ascii_uppercase + string.digits, k=8))
    length = {"BDC": 10, "EXP": 10, "AGO": 9}.get(ota, 8)
    return str(dice.randint(1, 9)) + "".join(dice.choices(string.digits, k=length - 1))


def customer(ota: str, dice: random.Random, given: dict[str, Any] | None = None) -> dict[str, Any]:
    """A guest; whatever is given wins."""
    name, surname, country, language = dice.choice(NAMES)
    alias = {"BDC": "guest.booking.example", "ABB": "guest.airbnb.example", "EXP": "m.expedia.example"}
    local = f"{name}.{surname}{dice.randint(1, 9999)}".lower().encode("ascii", "ignore").decode()
    return {
        "name": name, "surname": surname, "mail": f"{local}@{alias.get(ota, 'mail.example')}",
        "phone": f"+3519{dice.randint(10_000_000, 99_999_999)}", "address": None, "city": None, "zip": None,
        "state": None, "country": country, "language": language, "company": None,
        "meta": {"is_genius": dice.random() < 0.3} if ota == "BDC" else {}, **(given or {}),
    }  # fmt: skip


def guarantee(holder: str) -> dict[str, Any]:
    """A masked card, as an account without PCI certification sees it."""
    return {
        "card_number": "411111******1111", "card_type": "VI", "cardholder_name": holder, "cvv": "***",
        "expiration_date": "11/2030", "is_virtual": False, "meta": {},
    }  # fmt: skip
