"""Proposals for a mapping: what is proposed, why, and what is left to a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.suggestions import Kind, Product, Reason, compare, likeness, normalised, price_gap, suggest

NIGHT = date(2026, 12, 12)


def product(key: str, name: str, price: str | None = None, **facts: object) -> Product:
    prices = {NIGHT: None if price is None else Decimal(price)}
    return Product(key, name, prices=prices, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize("one, other", [
    ("Doppelzimmer Süd", " doppelzimmer  SUED "), ("Zürich-Suite", "zurich suite"), ("Straße", "STRASSE"),
    ("ツイン・ルーム", "ツイン ルーム"), ("Café", "cafe"),
])  # fmt: skip
def test_one_name_in_two_spellings_is_one_name(one, other):
    assert normalised(one) == normalised(other)
    assert likeness(one, other) == 100


def test_names_with_their_words_in_another_order_are_alike():
    assert likeness("Double Sea View", "Sea View Double") == 100
    assert likeness("Double", "Double Sea View Deluxe") < 60


def test_a_name_without_letters_is_like_nothing():
    assert likeness("---", "---") == 0


def test_what_agrees_in_everything_is_certain_and_says_why():
    ours = product("a", "Flexible", "120", occupancy=2, meal="breakfast", currency="EUR")
    theirs = product("x", "flexible", "120", occupancy=2, meal="breakfast", currency="eur")

    (found,) = suggest([ours], [theirs])

    assert found.confidence == 100
    assert [reason.kind for reason in found.reasons] == [
        Kind.SAME_NAME, Kind.SAME_OCCUPANCY, Kind.SAME_MEAL, Kind.CLOSE_PRICE,
    ]  # fmt: skip


def test_another_currency_is_never_proposed():
    assert suggest([product("a", "Flexible", currency="EUR")], [product("x", "Flexible", currency="JPY")]) == []


def test_a_plan_of_another_room_type_is_never_proposed():
    assert compare(product("a", "Flexible", family="double"), product("x", "Flexible", family="suite")) is None


def test_a_price_far_off_is_said_with_its_sign():
    found = compare(product("a", "Flexible", "100"), product("x", "Flexible", "138"))

    assert found is not None and Reason(Kind.OTHER_PRICE, 38) in found.reasons


def test_a_price_of_nothing_says_nothing():
    assert price_gap({NIGHT: Decimal(100)}, {NIGHT: Decimal(0)}) is None
    assert price_gap({NIGHT: None}, {NIGHT: Decimal(90)}) is None
    assert price_gap({NIGHT: Decimal(100)}, {NIGHT: Decimal(90)}) == Decimal("-0.1")


def test_two_of_theirs_that_fit_equally_well_are_left_to_a_person():
    assert suggest([product("a", "Double")], [product("x", "Double"), product("y", "Double")]) == []


def test_a_tie_is_not_broken_by_giving_a_tied_one_to_a_worse_partner():
    ours = [product("a", "Double"), product("b", "Double Room")]

    found = suggest(ours, [product("x", "Double"), product("y", "Double")])

    assert found == []


def test_the_better_partner_wins_and_the_other_takes_the_next_best():
    ours = [product("a", "Double Sea View"), product("b", "Double Sea")]

    found = suggest(ours, [product("x", "Double Sea View"), product("y", "Double Se")])

    assert {(each.ours, each.theirs) for each in found} == {("a", "x"), ("b", "y")}


def test_nothing_alike_is_not_proposed():
    assert suggest([product("a", "Penthouse", occupancy=4)], [product("x", "Dormitory", occupancy=1)]) == []


NAMES = st.sampled_from(["Double", "Double Room", "Twin", "Süd", "Sued", "Suite", "Family", "ダブル", "Flex", ""])
FACTS = st.fixed_dictionaries(
    {
        "name": NAMES,
        "occupancy": st.sampled_from([None, 1, 2, 4]),
        "meal": st.sampled_from([None, "breakfast", "room_only"]),
        "currency": st.sampled_from([None, "EUR", "JPY"]),
        "family": st.sampled_from([None, "r1", "r2"]),
        "prices": st.sampled_from([{}, {NIGHT: Decimal(100)}, {NIGHT: Decimal(140)}]),
    }
)


@st.composite
def sides(draw: st.DrawFn) -> list[Product]:
    return [Product(str(number), **facts) for number, facts in enumerate(draw(st.lists(FACTS, max_size=8)))]


@settings(max_examples=150)
@given(sides(), sides())
def test_every_proposal_is_one_to_one_allowed_and_the_best_left_to_both_sides(ours, theirs):
    found = suggest(ours, theirs)

    mine, others = {each.key: each for each in ours}, {each.key: each for each in theirs}
    assert len({each.ours for each in found}) == len(found) == len({each.theirs for each in found})
    assert [each.confidence for each in found] == sorted((each.confidence for each in found), reverse=True)
    taken_ours = {each.ours: each.confidence for each in found}
    taken_theirs = {each.theirs: each.confidence for each in found}
    for each in found:
        assert 50 <= each.confidence <= 100
        assert compare(mine[each.ours], others[each.theirs]) == each
    for each in found:  # no partner fits one side better, unless a still better pair has it or it is tied away
        for other in others.values():
            pair = compare(mine[each.ours], other)
            if pair and pair.confidence == each.confidence and other.key != each.theirs:
                assert taken_theirs.get(other.key, 101) > each.confidence
        for one in mine.values():
            pair = compare(one, others[each.theirs])
            if pair and pair.confidence == each.confidence and one.key != each.ours:
                assert taken_ours.get(one.key, 101) > each.confidence


@settings(max_examples=100)
@given(sides(), sides(), st.randoms())
def test_the_order_of_the_lists_changes_nothing(ours, theirs, chance):
    before = suggest(ours, theirs)
    chance.shuffle(ours)
    chance.shuffle(theirs)

    assert suggest(ours, theirs) == before


@settings(max_examples=50)
@given(sides())
def test_a_side_that_is_there_twice_is_never_guessed(ours):
    doubled = [replace(each, key=f"{each.key}-{copy}") for each in ours for copy in (1, 2)]

    assert suggest(ours, doubled) == []
