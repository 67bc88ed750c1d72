"""Marks: what has to go out, in the transaction that causes it, and never more than one row."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal import tenancy
from portal.db import now, unit_of_work
from portal.domain.nights import Window
from portal.services import lanes
from portal.services.lanes import windows_of
from tests.house import Sandbox
from tests.services import engine
from tests.services.engine import House


def _mark(house: House, *windows: Window, urgent: bool = False, cause: str = "", **rest: object) -> None:
    with unit_of_work():
        lanes.mark(house.property_id, room_types=house.types, windows=windows, urgent=urgent, cause=cause, **rest)  # type: ignore[arg-type]


def test_marks_of_touching_nights_become_one_window(house: House) -> None:
    first, second, third = (house.day(number) for number in (3, 4, 5))

    _mark(house, Window(first, first))
    _mark(house, Window(second, third))

    lane = house.lane(house.types[0])
    assert windows_of(lane.dirty) == [Window(first, third)]
    assert house.lane(house.plans[0]).due_at is None


def test_a_mark_waits_for_more_and_not_for_ever(house: House) -> None:
    with engine.settings(sync_debounce_seconds=60, sync_debounce_limit_seconds=90):
        _mark(house, Window(house.day(3), house.day(3)))
        first = house.lane(house.types[0])
        _mark(house, Window(house.day(4), house.day(4)))
        second = house.lane(house.types[0])

    assert timedelta(seconds=50) < first.due_at - first.dirty_since <= timedelta(seconds=61)
    assert second.dirty_since == first.dirty_since
    assert first.due_at <= second.due_at <= first.dirty_since + timedelta(seconds=90)


def test_a_closing_does_not_wait(house: House) -> None:
    with engine.settings(sync_debounce_seconds=60, sync_debounce_limit_seconds=90):
        _mark(house, Window(house.day(3), house.day(3)))
        _mark(house, Window(house.day(3), house.day(3)), urgent=True)

        assert house.lane(house.types[0]).due_at <= now()


def test_every_mark_moves_the_version(house: House) -> None:
    before = house.lane(house.types[0]).version

    for _ in range(3):
        _mark(house, Window(house.day(3), house.day(3)))

    assert house.lane(house.types[0]).version == before + 3


def test_a_cause_is_named_once_and_at_most_twenty_are_kept(house: House) -> None:
    for number in range(30):
        _mark(house, Window(house.day(3), house.day(3)), cause=f"booking {number // 2}")
    for number in range(30):
        _mark(house, Window(house.day(3), house.day(3)), cause=f"edit {number}")

    causes = house.lane(house.types[0]).causes
    assert len(causes) == 20
    assert len(set(causes)) == 20


def test_a_use_case_that_fails_marks_nothing(house: House) -> None:
    with pytest.raises(ValueError, match="changed my mind"), unit_of_work():
        lanes.mark(house.property_id, room_types=lanes.ALL, windows=[Window(house.day(3), house.day(3))])
        raise ValueError("changed my mind")

    assert house.lane(house.types[0]).due_at is None


def test_what_a_provider_changed_by_itself_is_forgotten(house: House) -> None:
    night = house.day(3)

    _mark(house, Window(night, night), forget_connection=house.connection_id)

    lane = house.lane(house.types[0])
    assert windows_of(lane.forgotten) == [Window(night, night)]


def test_a_mark_touches_nobody_elses_lanes(channex: Sandbox) -> None:
    alice, charlie = engine.found_organization("Alice Hotels"), engine.found_organization("Charlie Inns")
    with tenancy.of(charlie):
        his = engine.open_house(channex)
    with tenancy.of(alice):
        hers = engine.open_house(channex)

        _mark(hers, Window(hers.day(3), hers.day(3)))
        with unit_of_work():  # naming his property by its id reaches nothing
            lanes.mark(his.property_id, room_types=lanes.ALL, windows=[Window(hers.day(3), hers.day(3))])

        assert hers.lane(hers.types[0]).due_at is not None
    with tenancy.of(charlie):
        assert his.lane(his.types[0]).due_at is None
