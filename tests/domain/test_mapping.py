"""A draft over the live mapping: what is wrong with it, what is undecided, what has to close."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from portal.domain.mapping import (
    Decision,
    Fault,
    Item,
    Map,
    Wanted,
    Wrong,
    faults,
    gone,
    laid_over,
    to_close,
    undecided,
)

OURS = [
    Item("room:d", "Double", occupancy=2),
    Item("plan:df", "Flexible", room="room:d", occupancy=2, currency="EUR"),
    Item("plan:dn", "Non-refundable", room="room:d", occupancy=2, currency="EUR"),
]
THEIRS = [
    Item("room:X", "Double Room", occupancy=2),
    Item("plan:XF", "Flex", room="room:X", occupancy=2, currency="EUR"),
    Item("room:Y", "Family", occupancy=4),
    Item("plan:YF", "Flex", room="room:Y", occupancy=4, currency="EUR"),
    Item("plan:XJ", "Yen", room="room:X", occupancy=2, currency="JPY"),
]


def wrong(**pairs: str) -> list[Fault]:
    target = Map({"room:d": "room:X", **{key.replace("_", ":"): value for key, value in pairs.items()}})
    return faults(target, target.pairs, OURS, THEIRS)


def test_a_fitting_mapping_has_no_faults():
    assert wrong(plan_df="plan:XF") == []


def test_one_of_theirs_on_two_of_ours_is_refused_naming_the_other():
    found = wrong(plan_df="plan:XF", plan_dn="plan:XF")

    assert [(each.key, each.names[0]) for each in found] == [
        ("plan:df", "Double · Non-refundable"),
        ("plan:dn", "Double · Flexible"),
    ]


def test_another_currency_more_people_and_another_room_type_are_each_named():
    assert wrong(plan_df="plan:XJ") == [Fault("plan:df", Wrong.CURRENCY, ("EUR", "JPY"))]
    assert wrong(plan_df="plan:YF") == [
        Fault("plan:df", Wrong.OCCUPANCY, ("2", "4")),
        Fault("plan:df", Wrong.OTHER_ROOM, ("Family",)),
    ]


def test_a_code_that_differs_in_case_is_not_there():
    assert wrong(plan_df="plan:xf") == [Fault("plan:df", Wrong.NOT_THERE, ("xf",))]


def test_what_stays_as_it_is_bears_no_blame():
    live = Map({"room:d": "room:X", "plan:df": "plan:XJ"})

    assert faults(live, [], OURS, THEIRS) == []


def test_a_rate_plan_that_stays_behind_when_its_room_type_moves_is_named():
    target, theirs = Map({"room:d": "room:Z", "plan:df": "plan:XF"}), [*THEIRS, Item("room:Z", "Annex", occupancy=2)]

    assert faults(target, ["room:d"], OURS, theirs) == [Fault("plan:df", Wrong.OTHER_ROOM, ("Double Room",))]
    assert faults(target, [], OURS, theirs) == []


def test_every_product_is_mapped_decided_or_undecided():
    target = Map({"room:d": "room:X"}, {"plan:XF": Decision.NOT_SOLD, "room:Y": Decision.AT_OTA})

    assert [item.key for item in undecided(target, THEIRS)] == ["plan:YF", "plan:XJ"]


def test_mapping_a_product_takes_its_decision_away():
    live = Map({}, {"plan:XF": Decision.NOT_SOLD})

    assert laid_over(live, Wanted({"plan:df": "plan:XF"})) == Map({"plan:df": "plan:XF"})


def test_what_is_not_there_any_more_is_found():
    assert gone(Map({"room:d": "room:Z", "plan:df": "plan:XF"}), THEIRS) == {"room:d"}


def test_what_changes_its_owner_is_not_closed():
    assert to_close(Map({"a": "X", "b": "Y"}), Map({"a": "Y", "b": "X"})) == set()
    assert to_close(Map({"a": "X", "b": "Y"}), Map({"a": "Y"})) == {"X"}


KEYS, CODES = st.sampled_from(["room:1", "room:2", "plan:3"]), st.sampled_from(["room:A", "room:B", "plan:C"])
MAPS = st.builds(
    lambda pairs, decisions: laid_over(Map(pairs, decisions), Wanted()),
    st.dictionaries(KEYS, CODES),
    st.dictionaries(CODES, st.sampled_from(Decision)),
)


@given(MAPS, MAPS)
def test_the_way_between_two_mappings_leads_there_and_back(one, other):
    assert laid_over(one, Wanted.between(one, other)) == other
    assert laid_over(other, Wanted.between(other, one)) == one


@given(MAPS, MAPS)
def test_a_mapping_and_a_draft_survive_being_stored(one, other):
    wanted = Wanted.between(one, other)

    assert Map.from_json(one.as_json()) == one
    assert Wanted.from_json(wanted.as_json()) == wanted
    assert bool(wanted) == (one != other)
