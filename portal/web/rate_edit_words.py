"""Bulk edits in sentences: what a line asks for, what would happen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from flask import Flask
from flask_babel import gettext, ngettext

from portal.domain.money import wire
from portal.domain.rate_edits import Concern, How, Line
from portal.domain.rates import EVERY_DAY
from portal.services.rate_edit_rows import PlanName, Sums
from portal.web.filters import day, money, number
from portal.web.vocabulary import FIELDS
from portal.web.words import value, weekdays

MOST_NAMED = 4


def install(app: Flask) -> None:
    app.jinja_env.globals.update(
        line_words=line_words, sums_words=sums_words, span_words=span_words, plain_money=plain_money,
    )  # fmt: skip


def line_words(line: Line, names: Mapping[UUID, PlanName], currency: str) -> str:
    """`Price EUR 120.00, Maximum stay 4 on Fri, Sat, 1–5 Dec (4 nights) for Double · Flexible`."""
    spans = ", ".join(span_words(*span) for span in line.spans)
    plans = [str(names[plan_id]) for plan_id in line.plans if plan_id in names]
    shown = ", ".join(plans[:MOST_NAMED])
    if len(plans) > MOST_NAMED:
        shown = gettext("%(plans)s and %(num)d more", plans=shown, num=len(plans) - MOST_NAMED)
    what = ", ".join(_wishes(line, names, currency))
    if line.weekdays == EVERY_DAY:
        return str(gettext("%(what)s: %(nights)s, for %(plans)s", what=what, nights=spans, plans=shown))
    return str(gettext("%(what)s: on %(days)s of %(nights)s, for %(plans)s",
                       what=what, days=weekdays(line.weekdays), nights=spans, plans=shown))  # fmt: skip


def _wishes(line: Line, names: Mapping[UUID, PlanName], currency: str) -> list[str]:
    if line.copy is not None:
        if line.copy.night is not None:
            return [gettext("Everything as on %(night)s", night=day(line.copy.night))]
        plan = names.get(line.copy.plan) if line.copy.plan else None
        return [gettext("Everything as in %(plan)s", plan=plan or "?")]
    said = [_price(line, currency)] if line.how is not How.KEEP else []
    said += [f"{FIELDS[name]} {value(name, each)}" for name, each in line.fields.items() if each is not None]
    if None in line.fields.values():
        said.append(gettext("the rest as the rules say"))
    return said


def _price(line: Line, currency: str) -> str:
    if line.price is None:
        return str(gettext("Price as the rules say"))
    if line.how is How.SET:
        return str(gettext("Price %(price)s", price=money(line.price, currency)))
    much = money(abs(line.price), currency) if line.how is How.AMOUNT else f"{abs(line.price):f} %"
    if line.price < 0:
        return str(gettext("Price lower by %(much)s", much=much))
    return str(gettext("Price higher by %(much)s", much=much))


def plain_money(amount: object, currency: str) -> str:
    """An amount as a field shows it: digits with a point, no code. What was typed stays as it was typed."""
    if not isinstance(amount, Decimal):
        return "" if amount is None else str(amount)
    return wire(amount, currency)


def span_words(first: date, last: date) -> str:
    """`1–10 Nov (10 nights)`: the first and the last night, both included, as the form asks for them."""
    count = (last - first).days + 1
    words = ngettext("%(num)d night", "%(num)d nights", count)
    if first == last:
        return f"{day(first)} ({words})"
    if first.year != last.year:
        span = f"{day(first, year=True)} – {day(last, year=True)}"
    elif first.month != last.month:
        span = f"{day(first, year=False)} – {day(last)}"
    else:
        span = f"{first.day}–{day(last)}"
    return f"{span} ({words})"


def sums_words(sums: Sums) -> str:
    """`9 nights, 18 cells change, 2 already equal, 1 below the lowest price`."""
    said = [
        ngettext("%(num)d night", "%(num)d nights", sums.nights),
        ngettext("%(many)s cell changes", "%(many)s cells change", sums.changed, many=number(sums.changed)),
    ]
    if sums.equal:
        said.append(ngettext("%(num)d already equal", "%(num)d already equal", sums.equal))
    if sums.following:
        said.append(ngettext("%(num)d cell of a derived plan follows", "%(num)d cells of derived plans follow",
                             sums.following))  # fmt: skip
    if sums.past:
        said.append(ngettext("%(num)d night is over and left out", "%(num)d nights are over and left out", sums.past))
    said += [odd_words(concern, many) for concern, many in sums.concerns]
    return ", ".join(said)


def odd_words(concern: Concern, many: int) -> str:
    """`1 below the lowest price`."""
    return {
        Concern.NOT_POSITIVE: lambda: ngettext("%(num)d not above zero", "%(num)d not above zero", many),
        Concern.NO_PRICE: lambda: ngettext("%(num)d without a price", "%(num)d without a price", many),
        Concern.STAY_TOO_SHORT: lambda: ngettext(
            "%(num)d with a stay of no night", "%(num)d with a stay of no night", many
        ),
        Concern.MINIMUM_OVER_MAXIMUM: lambda: ngettext(
            "%(num)d whose minimum stay is above the maximum", "%(num)d whose minimum stay is above the maximum", many
        ),
        Concern.CHANNEL_CANNOT: lambda: ngettext(
            "%(num)d that a channel cannot take", "%(num)d that a channel cannot take", many
        ),
        Concern.BELOW_FLOOR: lambda: ngettext("%(num)d below the lowest price", "%(num)d below the lowest price", many),
        Concern.ABOVE_CEILING: lambda: ngettext(
            "%(num)d above the highest price", "%(num)d above the highest price", many
        ),
        Concern.FALLS_FAR: lambda: ngettext(
            "%(num)d falls to a seventh or less", "%(num)d fall to a seventh or less", many
        ),
        Concern.RISES_FAR: lambda: ngettext(
            "%(num)d rises seven times or more", "%(num)d rise seven times or more", many
        ),
        Concern.CLOSES_EVERYTHING: lambda: ngettext(
            "%(num)d after which nothing is for sale that night",
            "%(num)d after which nothing is for sale that night",
            many,
        ),
    }[concern]()
