"""The money lines of a Beds24 booking: invoice items, tax, deposit. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from providers.errors import Malformed
from providers.strict_fields import amount, text
from providers.types import Charge

MOST_LINES = 500
# Legacy numbers of an item's kind. The room's own price is in `price`; as a charge it would count twice.
_ROOM_PRICE = frozenset({"1", "8", "9"})
_TAX = "10"
_CHANNEL_COLLECT = "202"


def price(found: Mapping[str, Any], name: str, field: str) -> Decimal | None:
    """Return an amount in major units; `None` when our token may not see money."""
    return None if found.get(name) in (None, "") else amount(found[name], f"{field}.{name}", negative=True)


def charges(booking: Mapping[str, Any], field: str) -> tuple[Charge, ...]:
    """Return what stands beside the room's price. Sums rarely equal `price`: two in three real bookings differ."""
    found: list[Charge] = []
    for kind in ("tax", "deposit"):
        held = price(booking, kind, field)
        if held:
            found.append(Charge(kind, kind.capitalize(), held, inclusive=kind == "tax"))
    for index, item in enumerate(lines(booking)):
        line = _charge(item, f"{field}.invoiceItems[{index}]")
        if line:
            found.append(line)
    return tuple(found)


def payment_collect(booking: Mapping[str, Any]) -> str | None:
    """Return `ota` when the channel took the guest's money."""
    return "ota" if any(_number(item.get("subType")) == _CHANNEL_COLLECT for item in lines(booking)) else None


def lines(booking: Mapping[str, Any]) -> list[dict[str, Any]]:
    items = booking.get("invoiceItems")
    return [item for item in items[:MOST_LINES] if isinstance(item, dict)] if isinstance(items, list) else []


def _charge(item: Mapping[str, Any], field: str) -> Charge | None:
    number = _number(item.get("subType"))
    total = _total(item, field)
    if total is None or (number in _ROOM_PRICE and item.get("type") != "payment"):
        return None
    paid = item.get("type") == "payment"
    kind = "deposit" if paid else "tax" if number == _TAX else "service"
    rate = text(item.get("vatRate"), 20)
    note = ", ".join(part for part in (text(item.get("status"), 50), f"VAT {rate} %" if rate else None) if part)
    name = text(item.get("description"), 250) or ("payment" if paid else kind)
    return Charge(kind, name, total, note=note)


def _total(item: Mapping[str, Any], field: str) -> Decimal | None:
    if item.get("lineTotal") not in (None, ""):
        return amount(item["lineTotal"], f"{field}.lineTotal", negative=True)
    if item.get("amount") in (None, ""):
        return None
    each = amount(item["amount"], f"{field}.amount", negative=True)
    times = amount(item.get("qty", 1) if item.get("qty") not in (None, "") else 1, f"{field}.qty", negative=True)
    total = each * times
    if abs(total) >= 10**12:
        raise Malformed(f"{field}.amount: {each} times {times}", field=f"{field}.amount")
    return total


def _number(value: Any) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
