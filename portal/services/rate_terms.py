"""What a price or a restriction may be, said in words when it may not."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from portal.domain import money
from portal.domain.rates import Problem
from portal.services.errors import Refused
from portal.services.rate_calendar import FIELDS
from portal.services.sentences import Counted, Phrase

_STAYS = ("min_stay_arrival", "min_stay_through", "max_stay")
_LONGEST_STAY = 999
_MOST = Decimal(10) ** 9  # no night costs a billion, in whatever currency; a slip of the keyboard does

WORDS = {
    Problem.NO_PRICE: Phrase("there is no price"),
    Problem.NOT_A_NUMBER: Phrase("the price is not a number"),
    Problem.NOT_POSITIVE: Phrase("the price is not above zero"),
    Problem.BELOW_FLOOR: Phrase("the price is below the lowest one allowed for this plan"),
    Problem.ABOVE_CEILING: Phrase("the price is above the highest one allowed for this plan"),
    Problem.STAY_TOO_SHORT: Phrase("a stay has at least one night"),
    Problem.MINIMUM_OVER_MAXIMUM: Phrase("the minimum stay is longer than the maximum stay"),
}


def checked(values: Mapping[str, Any], currency: str) -> dict[str, Any]:
    """Return the terms with prices in the currency's decimals; None in a field stands. Raises `Refused`."""
    return {name: None if value is None else _checked(name, value, currency) for name, value in values.items()}


def price(value: Decimal, currency: str, field: str = "rate") -> Decimal:
    """Return a price above zero in the currency's decimals. Raises `Refused`."""
    amount = number(value, currency, field)
    if amount <= 0:
        raise Refused("A price is above zero. To take a night off sale, close it.", field=field)
    return amount


def number(value: Decimal, currency: str, field: str) -> Decimal:
    """Return an amount, of either sign, in the currency's decimals. Raises `Refused`."""
    if not isinstance(value, Decimal) or not value.is_finite() or abs(value) >= _MOST:
        raise Refused("This is not an amount of money.", field=field)
    exact = money.quantize(value, currency)
    if exact != value:
        raise Refused(
            Counted("Amounts in %(currency)s have %(num)s decimal.", "Amounts in %(currency)s have %(num)s decimals."),
            num=money.exponent(currency), currency=currency, field=field,
        )  # fmt: skip
    return exact


def _checked(name: str, value: Any, currency: str) -> Any:
    if name not in FIELDS:
        raise Refused("A night has no %(name)s.", name=name, field=name)
    if name == "rate":
        return price(value, currency)
    if name in _STAYS:
        least = 0 if name == "max_stay" else 1
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _LONGEST_STAY:
            raise Refused(
                "A length of stay is a whole number from %(least)s to %(most)s.",
                least=least, most=_LONGEST_STAY, field=name,
            )  # fmt: skip
        return value
    if not isinstance(value, bool):
        raise Refused("A closing is either on or off.", field=name)
    return value
