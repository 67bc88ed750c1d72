"""Lists of rooms: what is read, and which line is wrong."""

from __future__ import annotations

import pytest

from portal.domain.room_list import MOST_ROOMS, read, suggest


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_list_is_read_whatever_separates_it(separator):
    lines = (("Room type", "Room", "Adults"), ("Double", "101", "2"), ("Suite", "201", "4"), ("Double", "102", ""))
    found, problems = read("\ufeff" + "\r\n".join(separator.join(line) for line in lines))

    assert problems == []
    assert [(each.name, each.adults, each.children, each.numbers) for each in found] == [
        ("Double", 2, 0, ["101", "102"]),
        ("Suite", 4, 0, ["201"]),
    ]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", [(1, "empty", "")]),
        ("room_type,room\n", [(1, "empty", "")]),
        ("a,b\n1,2", [(1, "no_column", "room_type"), (1, "no_column", "room")]),
        ("room_type,room\n,101", [(2, "no_type", "")]),
        ("room_type,room\nDouble,", [(2, "no_room", "")]),
        ("room_type,room\nDouble,1\nSuite,1", [(3, "twice", "1")]),
        ("room_type,room,adults\nDouble,1,0", [(2, "not_a_number", "0")]),
        ("room_type,room,adults\nDouble,1,²", [(2, "not_a_number", "²")]),
        ("room_type,room,adults\nDouble,1,2\nDouble,2,3", [(3, "differs", "Double")]),
        ("room_type,room\n" + "x" * 201 + ",1", [(2, "too_long", "1")]),
    ],
)
def test_every_mistake_names_its_line(text, wrong):
    _, problems = read(text)

    assert [(each.line, each.kind, each.value) for each in problems] == wrong


def test_a_list_without_end_is_cut():
    found, problems = read("room_type,room\n" + "\n".join(f"Double,{number}" for number in range(MOST_ROOMS + 5)))

    assert len(found[0].numbers) == MOST_ROOMS
    assert [each.kind for each in problems] == ["too_many"]


def test_rooms_are_numbered_by_their_type_and_never_twice():
    assert suggest(3, 0, {"102"}) == ["101", "103", "104"]
    assert suggest(2, 1, set()) == ["201", "202"]
