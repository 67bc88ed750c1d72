"""Stored words in a person's words."""

from __future__ import annotations

import pytest

from portal.web import words
from portal.web.vocabulary import FIELDS, MERGE_REASONS, OUTCOMES


@pytest.fixture(autouse=True)
def reader(app):
    with app.test_request_context():
        yield


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("check_in", "Arrival"),
        ("rooms.1.check_out", "Room 2 · Departure"),
        ("rooms.#0.amount", "Room 1 · Amount"),
        ("rooms.8f0c-external.occupancy", "Room · Guests"),
        ("rooms.0.room_id", "Room 1 · Room"),
        ("rule.rate", "Season: Price"),
        ("rate 2031-12-01..2031-12-03", "Price, 1–4 Dec 2031 (3 nights)"),
        ("something_new", "Something new"),
    ],
)
def test_a_field_is_named_by_its_path(path, said):
    assert words.field(path) == said


@pytest.mark.parametrize(
    ("path", "stored", "currency", "said"),
    [
        ("amount", "1234.5", "EUR", "EUR\N{NO-BREAK SPACE}1,234.50"),
        ("amount", "12000", "JPY", "JPY\N{NO-BREAK SPACE}12,000"),
        ("rooms.0.amount", "1.5", "KWD", "KWD\N{NO-BREAK SPACE}1.500"),
        ("amount", "much", "EUR", "much"),
        ("check_in", "2031-05-01", "", "1 May 2031"),
        ("check_in", "soon", "", "soon"),
        ("stop_sell", True, "", "yes"),
        ("rule.weekdays", 48, "", "Fri, Sat"),
        ("rule.weekdays", 127, "", "every day"),
        ("occupancy", [2, 1, 0], "", "2 adults, 1 child"),
        ("status", "no_show", "", "No show"),
        ("notes", None, "", ""),
    ],
)
def test_a_value_is_said_as_its_field_wants_it(path, stored, currency, said):
    assert words.value(path, stored, currency) == said


def test_an_id_is_said_by_the_name_people_know():
    assert words.value("rooms.0.room_type", "4711", names={"4711": "Double"}) == "Double"


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("min_stay_arrival must be greater than 0", "Minimum stay on arrival must be at least 1"),
        ("rate must be greater than or equal to 10; is invalid", "Price must be at least 10; is invalid"),
        ("max_stay is too long", "Maximum stay: is too long"),
        ("", ""),
    ],
)
def test_a_providers_reason_names_the_field_in_our_words(reason, said):
    assert words.reason(reason) == said


def test_a_word_nobody_told_us_about_is_shown_as_it_is():
    assert words.say(OUTCOMES, "moved_to_mars") == "moved to mars"


def test_every_reason_of_the_merge_and_every_field_of_a_cell_has_words():
    from portal.domain.merge import Reason
    from providers.types import Cell

    assert set(Reason) <= set(MERGE_REASONS)
    assert set(Cell._fields) <= set(FIELDS)
