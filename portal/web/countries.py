"""Countries with their money and their time zones, in the reader's language: what a form suggests and offers."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import get_currency_name, get_territory_currencies
from flask_babel import get_locale

from portal.domain import money

_NOBODY_LIVES_THERE = {"AQ", "BV", "HM", "TF", "GS", "UM", "CP", "AC", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN",
                       "XA", "XB", "ZZ", "CQ"}  # fmt: skip
Options = list[tuple[str, str]]


def countries() -> Options:
    """(code, name) of every country, by name."""
    names = _locale().territories
    codes = [code for code in zones_by_country() if code in names and code not in _NOBODY_LIVES_THERE]
    return sorted(((code, str(names[code])) for code in codes), key=lambda each: each[1].casefold())


def currencies() -> Options:
    """(code, code and name) of every currency that is in use somewhere, by code."""
    used = sorted({code for country in zones_by_country() for code in currencies_of(country)})
    return [(code, f"{code} · {get_currency_name(code, locale=_locale())}") for code in used]


def currencies_of(country: str) -> list[str]:
    """The money of a country today, the usual one first. Empty for a code nobody knows."""
    return [code for code in get_territory_currencies(country) if _is_money(code)] if country else []


def zones_of(country: str) -> list[str]:
    """The time zones of a country, the most populous first. Empty for a code nobody knows."""
    return list(zones_by_country().get(country, ()))


def has_one_time(country: str) -> bool:
    """Whether all of a country has one time of day now: then its first zone is no guess."""
    now = datetime.now(UTC)
    return len({now.astimezone(ZoneInfo(zone)).utcoffset() for zone in zones_of(country)}) == 1


@cache
def zones_by_country() -> dict[str, tuple[str, ...]]:
    """https://data.iana.org/time-zones/tzdb/zone.tab, as the package tzdata carries it; its order is by population."""
    found: dict[str, tuple[str, ...]] = {}
    for line in files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found[country] = (*found.get(country, ()), zone)
    return found


def _is_money(code: str) -> bool:
    try:
        money.exponent(code)
    except ValueError:
        return False
    return True


def _locale() -> Locale:
    return get_locale() or Locale("en")
