"""Money as Channex writes it: integers in minor units or decimal strings in, decimal strings out."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

NO_DECIMALS = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split())
THREE_DECIMALS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())
CURRENCIES = frozenset(
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
    "CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG "
    "HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA "
    "MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD "
    "RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD "
    "UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW".split()
)


class NotMoney(Exception):
    """Neither an integer in minor units nor a decimal string."""


def exponent(currency: str) -> int:
    """Decimals of the currency's minor unit."""
    return 0 if currency in NO_DECIMALS else 3 if currency in THREE_DECIMALS else 2


def minor(value: Any, currency: str) -> int:
    """Minor units from what a client may write. A JSON float is not money. Raises NotMoney."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise NotMoney
    try:
        amount = Decimal(value)
    except InvalidOperation as error:
        raise NotMoney from error
    if not amount.is_finite() or abs(amount) >= Decimal(10) ** 13:
        raise NotMoney
    return int(amount.scaleb(exponent(currency)).quantize(Decimal(1), ROUND_HALF_UP))


def text(units: int, currency: str) -> str:
    """Minor units as the decimal string a read shows."""
    places = exponent(currency)
    return f"{Decimal(units).scaleb(-places):.{places}f}"


def derive(units: int, rules: list[list[str]], currency: str) -> int:
    """A price after `derived_option` rules, applied left to right."""
    amount = Decimal(units)
    for rule, argument in rules:
        sign = 1 if rule.startswith("increase") else -1
        if rule.endswith("percent"):
            amount += sign * amount * Decimal(argument) / 100
        else:
            amount += sign * Decimal(argument).scaleb(exponent(currency))
    return max(0, int(amount.quantize(Decimal(1), ROUND_HALF_UP)))
