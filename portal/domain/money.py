"""Money is a `Decimal` in major units with its currency beside it, rounded half up to the currency's exponent."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

from babel.numbers import UnknownCurrencyError, get_currency_precision, list_currencies

# Where ISO 4217 and CLDR differ: CLDR says how a price is usually shown (no coins are left), ISO what
# the currency divides into. Channels send the latter, and rounding it away would change a guest's total.
# https://www.six-group.com/en/products-services/financial-information/data-standards.html (list one)
_ISO_EXPONENTS = {
    **dict.fromkeys("AFN ALL IRR KPW LAK LBP MGA MMK RSD SOS SYP YER".split(), 2),
    "IQD": 3,
}
_CURRENCIES = frozenset(list_currencies())
_EXACT = Context(prec=40, rounding=ROUND_HALF_UP)
_AMOUNT = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]+))?")


def exponent(currency: str) -> int:
    """Return the number of decimals of a currency (EUR 2, JPY 0, KWD 3).

    Raises ValueError for a code that is no ISO 4217 currency.
    """
    if currency not in _CURRENCIES:
        raise ValueError(f"{currency!r} is not a currency code")
    try:
        return _ISO_EXPONENTS.get(currency, get_currency_precision(currency))
    except UnknownCurrencyError as error:
        raise ValueError(f"{currency!r} is not a currency code") from error


def quantize(amount: Decimal, currency: str) -> Decimal:
    """Return the amount with exactly the currency's decimals, halves away from zero; never minus zero.

    Raises ValueError for NaN, infinity and amounts too large to be money.
    """
    step = Decimal(1).scaleb(-exponent(currency))
    try:
        rounded = amount.quantize(step, context=_EXACT)
    except InvalidOperation as error:
        raise ValueError("not an amount of money") from error
    if not rounded.is_finite():
        raise ValueError("not an amount of money")
    return abs(rounded) if rounded.is_zero() else rounded


def to_minor(amount: Decimal, currency: str) -> int:
    """Return the amount in the currency's smallest unit: 12.30 EUR is 1230, 12 JPY is 12."""
    return int(quantize(amount, currency).scaleb(exponent(currency), context=_EXACT))


def from_minor(minor: int, currency: str) -> Decimal:
    """Return the amount that `minor` smallest units make: 1230 is 12.30 EUR."""
    return quantize(Decimal(minor).scaleb(-exponent(currency), context=_EXACT), currency)


def parse_amount(text: str, currency: str, *, signed: bool = False) -> Decimal:
    """Return the amount a person or a message wrote as plain ASCII decimal, e.g. `1250.00`.

    Raises ValueError for more decimals than the currency has, more than twelve digits before the
    point, exponents, NaN and infinity, digits of other scripts, underscores, spaces, thousands
    separators, and `-0`; also for a negative amount unless `signed`.
    """
    match = _AMOUNT.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("an amount is written in digits with a point, like 1250.00")
    sign, _, decimals = match.groups()
    if len(decimals or "") > exponent(currency):
        raise ValueError(f"{currency} has {exponent(currency)} decimals")
    amount = quantize(Decimal(text), currency)
    if sign and (not signed or amount.is_zero()):
        raise ValueError("an amount is not negative")
    return amount


def split(total: Decimal, parts: int, currency: str) -> list[Decimal]:
    """Return `parts` amounts that add up to the total exactly, the larger ones first.

    A booking's total spread over its nights: 100.00 in three is 33.34, 33.33, 33.33.
    """
    if parts < 1:
        raise ValueError("money is split into one part or more")
    share, rest = divmod(to_minor(total, currency), parts)
    return [from_minor(share + (1 if part < rest else 0), currency) for part in range(parts)]


def wire(amount: Decimal, currency: str) -> str:
    """Return the amount as plain text with exactly the currency's decimals, as channels read it."""
    return f"{quantize(amount, currency):f}"
