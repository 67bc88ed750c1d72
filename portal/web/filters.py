"""How values are written: money, nights, moments; in the reader's language and the property's time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal
from flask import Flask
from flask_babel import get_locale, gettext, ngettext

from portal.domain import channels
from portal.domain.money import exponent

_DAY = 86400


def install(app: Flask) -> None:
    app.jinja_env.filters.update(
        money=money, number=number, percent=percent, day=day, weekday=weekday, nights=nights, local_time=local_time,
        local_clock=local_clock, local_day=local_day, groupby_day=groupby_day, long_day=long_day,
        ago=ago, utc=utc, age=age, country=country, language=language,
    )  # fmt: skip
    app.jinja_env.globals.update(channel=channels.channel, zone_name=zone_name)


def money(amount: Decimal | None, currency: str) -> str:
    """`EUR 1,234.50`, `JPY 12,000`: the code and the currency's own decimals. Nothing for no amount."""
    return "" if amount is None else f"{currency}\N{NO-BREAK SPACE}{number(amount, exponent(currency))}"


def number(value: Decimal | int | float, decimals: int = 0) -> str:
    pattern = "#,##0." + "0" * decimals if decimals else "#,##0"
    return str(format_decimal(value, format=pattern, locale=_locale()))


def percent(value: Decimal | float) -> str:
    return f"{format_decimal(value, format='#,##0.#', locale=_locale())}\N{NO-BREAK SPACE}%"


def day(value: date, *, year: bool | None = None) -> str:
    """`12 Dec`, with the year when it is not this one's."""
    with_year = value.year != datetime.now(UTC).year if year is None else year
    return str(format_date(value, "d MMM y" if with_year else "d MMM", locale=_locale()))


def weekday(value: date) -> str:
    """`Fri`."""
    return str(format_date(value, "EEE", locale=_locale()))


def nights(check_in: date, check_out: date) -> str:
    """`12–14 Dec (2 nights)`: arrival, departure, and how many nights lie between."""
    count = (check_out - check_in).days
    words = ngettext("%(num)d night", "%(num)d nights", count)
    if check_in.year != check_out.year:
        span = f"{day(check_in, year=True)} – {day(check_out, year=True)}"
    elif check_in.month != check_out.month:
        span = f"{day(check_in, year=False)} – {day(check_out)}"
    else:
        span = f"{check_in.day}–{day(check_out)}"
    return f"{span} ({words})"


def local_time(moment: datetime, zone: str) -> str:
    """`20 Nov, 14:05` at the property."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{day(local.date())}, {format_time(local, 'HH:mm', locale=_locale())}"


def local_clock(moment: datetime, zone: str) -> str:
    """`14:05` at the property."""
    return str(format_time(moment.astimezone(ZoneInfo(zone)), "HH:mm", locale=_locale()))


def local_day(moment: datetime, zone: str) -> str:
    """`Friday, 20 November` at the property: the heading of a day in a timeline."""
    return str(format_date(moment.astimezone(ZoneInfo(zone)).date(), "EEEE, d MMMM y", locale=_locale()))


def groupby_day(entries: Sequence[Any], zone: str) -> list[tuple[str, list[Any]]]:
    """Entries with an `at`, in their order, under the headings of their days at the property."""
    return [(words, list(found)) for words, found in groupby(entries, key=lambda entry: local_day(entry.at, zone))]


def long_day(value: date) -> str:
    """`Friday, 20 November 2026`."""
    return str(format_date(value, "EEEE, d MMMM y", locale=_locale()))


def utc(moment: datetime) -> str:
    """`20 Nov 2026, 14:05:09 UTC`."""
    return f"{format_datetime(moment.astimezone(UTC), 'd MMM y, HH:mm:ss', locale=_locale())} UTC"


def ago(moment: datetime, zone: str = "UTC") -> str:
    """`3 min ago` up to a day, then the date at the property."""
    seconds = (datetime.now(UTC) - moment).total_seconds()
    if seconds >= _DAY or seconds < -60:
        return local_time(moment, zone)
    if seconds < 10:
        return str(gettext("just now"))
    return str(gettext("%(age)s ago", age=age(seconds)))


def age(seconds: float) -> str:
    """`40 s`, `3 min`, `5 h`, `2 days`."""
    if seconds < 60:
        return str(gettext("%(num)d s", num=int(seconds)))
    if seconds < 3600:
        return str(gettext("%(num)d min", num=int(seconds // 60)))
    if seconds < _DAY:
        return str(gettext("%(num)d h", num=int(seconds // 3600)))
    return str(ngettext("%(num)d day", "%(num)d days", int(seconds // _DAY)))


def zone_name(zone: str) -> str:
    """`Europe/Lisbon` as people write it: `Lisbon`."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def country(code: str | None) -> str:
    """The country in the reader's language; a code nobody knows stays as it came."""
    return str(_locale().territories.get(code or "", code or ""))


def language(code: str | None) -> str:
    """The language in the reader's language; a code nobody knows stays as it came."""
    return str(_locale().languages.get((code or "").lower(), code or ""))


def _locale() -> Locale:
    return get_locale() or Locale("en")
