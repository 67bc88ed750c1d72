"""Whose value wins when two guests become one, and what comes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.guest_merges import FIELDS, Side, compare, undone

facts = st.dictionaries(st.sampled_from(FIELDS), st.sampled_from([None, "", "a", "b", "c"]))


def wins(kept, gone, **more):
    values = {"gone_is_newer": False, **more}
    return {row.field: row.result for row in compare(kept, gone, **values)}


@pytest.mark.parametrize(
    ("kept", "gone", "more", "result"),
    [
        ({"city": "Faro"}, {"city": "Porto"}, {}, {"city": "Faro"}),
        ({"city": "Faro"}, {"city": "Porto"}, {"gone_is_newer": True}, {"city": "Porto"}),
        ({"city": "Faro"}, {"city": "Porto"}, {"chosen": {"city": Side.GONE}}, {"city": "Porto"}),
        ({"city": "Faro"}, {"city": "Porto"}, {"chosen": {"city": Side.BOTH}}, {"city": "Faro"}),
        ({"city": None}, {"city": "Porto"}, {"chosen": {"city": Side.KEPT}}, {"city": "Porto"}),
        ({"city": "Faro"}, {"city": ""}, {"gone_is_newer": True}, {"city": "Faro"}),
        ({"notes": "x"}, {"notes": "y"}, {"gone_is_newer": True}, {"notes": "x\n\ny"}),
        ({"email": "a@b.pt"}, {"email": "q1@guest.booking.com"}, {"gone_is_newer": True}, {"email": "a@b.pt"}),
        ({"email": "q1@guest.booking.com"}, {"email": "a@b.pt"}, {}, {"email": "a@b.pt"}),
    ],
)
def test_what_wins(kept, gone, more, result):
    assert wins(kept, gone, **more) == result


@given(facts, facts, st.booleans())
def test_nothing_either_side_knew_is_lost_to_nothing(kept, gone, newer):
    for row in compare(kept, gone, gone_is_newer=newer):
        assert row.result and row.result in (row.kept, row.gone, f"{row.kept}\n\n{row.gone}")


@given(facts, facts, facts)
def test_undone_at_once_everything_is_as_before_and_later_changes_stay(before, merged, later):
    assert {k: v for k, v in undone(before, merged, merged).items() if v} == {k: v for k, v in before.items() if v}

    for field, value in undone(before, merged, later).items():
        if later.get(field) != merged.get(field):
            assert value == later.get(field)
