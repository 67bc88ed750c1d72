"""The first prices of a hotel: base, weekends, seasons, and both together."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from portal.domain import rates
from portal.domain.onboarding import Season, rules

FIRST, LAST = date(2026, 6, 1), date(2027, 6, 1)
SUMMER = Season("Summer", date(2026, 7, 1), date(2026, 8, 31), Decimal(50))


def price(found, night, base="100"):
    plan = rates.Plan(currency="EUR", rate=Decimal(base))
    return rates.cell(plan, [rule for _, rule in found], None, night).rate


def test_without_weekends_and_seasons_there_are_no_rules():
    assert rules(Decimal(100), "EUR", Decimal(0), [], FIRST, LAST) == []


def test_friday_and_saturday_nights_are_dearer_and_a_seasons_weekend_is_both():
    found = rules(Decimal(100), "EUR", Decimal(20), [SUMMER], FIRST, LAST)

    assert price(found, date(2026, 6, 4)) == 100  # Thursday
    assert price(found, date(2026, 6, 5)) == 120  # Friday
    assert price(found, date(2026, 7, 2)) == 150  # Thursday in summer
    assert price(found, date(2026, 7, 3)) == 180  # Friday in summer
    assert price(found, date(2026, 7, 5)) == 150  # Sunday in summer


def test_prices_are_rounded_to_the_currency():
    found = rules(Decimal(11111), "JPY", Decimal("12.5"), [], FIRST, LAST)

    assert [rule.rate for _, rule in found] == [Decimal(12500)]
