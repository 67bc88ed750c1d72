"""A bulk edit in sentences."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from portal.domain.nights import Window
from portal.domain.rate_edits import Copy, How, Line
from portal.services.rate_edit_rows import PlanName
from portal.web.rate_edit_words import line_words, span_words

PLAN, OTHER = uuid4(), uuid4()
NAMES = {PLAN: PlanName(PLAN, uuid4(), "Double", "BAR", "EUR"), OTHER: PlanName(OTHER, uuid4(), "Twin", "B&B", "EUR")}


@pytest.fixture(autouse=True)
def reader(app):
    with app.test_request_context():
        yield


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2031, 11, 1), date(2031, 11, 10), "1–10 Nov 2031 (10 nights)"),
        (date(2031, 11, 5), date(2031, 11, 5), "5 Nov 2031 (1 night)"),
        (date(2031, 11, 30), date(2031, 12, 1), "30 Nov – 1 Dec 2031 (2 nights)"),
        (date(2031, 12, 31), date(2032, 1, 1), "31 Dec 2031 – 1 Jan 2032 (2 nights)"),
    ],
)
def test_nights_are_named_by_the_first_and_the_last(first, last, words):
    assert span_words(first, last) == words


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"how": How.SET, "price": Decimal(120)}, "Price EUR 120.00"),
        ({"how": How.AMOUNT, "price": Decimal("-5")}, "Price lower by EUR 5.00"),
        ({"how": How.PERCENT, "price": Decimal("12.5")}, "Price higher by 12.5 %"),
        ({"how": How.RULES}, "Price as the rules say"),
        ({"fields": {"max_stay": 4, "stop_sell": True}}, "Maximum stay 4, Closed for sale yes"),
        ({"fields": {"max_stay": 4, "stop_sell": None}}, "Maximum stay 4, the rest as the rules say"),
        ({"copy": Copy(night=date(2031, 11, 1))}, "Everything as on 1 Nov 2031"),
        ({"copy": Copy(plan=OTHER)}, "Everything as in Twin · B&B"),
    ],
)
def test_a_line_says_what_it_asks_for(wish, words):
    line = Line(plans=(PLAN,), spans=(Window(date(2031, 11, 5), date(2031, 11, 6)),), **wish)

    said = line_words(line, NAMES, "EUR").replace("\N{NO-BREAK SPACE}", " ")

    assert said == f"{words}: 5–6 Nov 2031 (2 nights), for Double · BAR"


def test_weekdays_are_named_where_not_all_of_them_are_meant():
    line = Line(plans=(PLAN, OTHER), spans=(Window(date(2031, 11, 1), date(2031, 11, 30)),), weekdays=0b0110000,
                how=How.SET, price=Decimal(120))  # fmt: skip

    assert "on Fri, Sat of 1–30 Nov 2031 (30 nights), for Double · BAR, Twin · B&B" in line_words(line, NAMES, "EUR")
