"""Reading back what the OTAs have: drift is found, told and healed."""

from __future__ import annotations

from sqlalchemy import text

from chaos import reconciler
from portal.db import unit_of_work
from portal.extensions import db
from portal.models import SyncStatus
from portal.services import parity
from tests.services.engine import House


def _check(house: House) -> None:
    with unit_of_work():
        db.session.execute(text("update duties set retry_at = null"))
    assert parity.check(house.connection_id)


def _edit(house: House, numbers: range) -> None:
    """Somebody changes prices and availability at the channel manager, and nobody tells us."""
    room, plan = house.lane(house.types[0]).external_id, house.lane(house.plans[0]).external_id
    cells = [
        cell
        for number in numbers
        for cell in (
            {"room_type_id": room, "date": house.day(number).isoformat(), "availability": 9},
            {"rate_plan_id": plan, "date": house.day(number).isoformat(), "rate": "7.00"},
        )
    ]
    changed = house.sandbox.control("POST", f"calendar/{house.external_id}", json={"cells": cells})
    assert changed["changed"] == len(cells)


def test_a_calendar_in_step_is_seen_and_left_alone(any_house: House) -> None:
    _check(any_house)

    run = next(run for run in any_house.runs() if run.type == "ARI_PULL")
    assert (run.status, run.processed, run.failed) == (SyncStatus.COMPLETED, 2 * any_house.nights, 0)
    assert any_house.lane(any_house.plans[0]).seen_at is not None
    assert any_house.lane(any_house.plans[0]).due_at is None
    assert "calendar_drift" not in any_house.incidents()


def test_fifty_cells_edited_behind_our_back_are_found_and_healed_in_one_round(house: House) -> None:
    _edit(house, range(10, 35))
    assert len(reconciler.differences(house.sandbox.url)) == 2

    _check(house)

    assert "calendar_drift" in house.incidents()
    run = [run for run in house.runs() if run.type == "ARI_PULL"][-1]
    assert run.failed == 50
    house.push()
    assert reconciler.differences(house.sandbox.url) == []

    _check(house)
    assert "calendar_drift" not in house.incidents()


def test_a_sold_out_night_the_provider_closes_by_itself_is_no_drift(any_house: House) -> None:
    any_house.book(rooms=3)
    any_house.pull()

    _check(any_house)

    assert [run.failed for run in any_house.runs() if run.type == "ARI_PULL"] == [0]


def test_a_change_on_its_way_out_is_no_drift(any_house: House) -> None:
    any_house.set_price("133", 7)

    _check(any_house)

    assert "calendar_drift" not in any_house.incidents()


def test_a_provider_that_is_away_says_nothing_about_drift(any_house: House) -> None:
    any_house.fault("status", status=503)

    _check(any_house)

    assert "calendar_drift" not in any_house.incidents()
    assert any_house.duty("parity").attempts == 1
    run = next(run for run in any_house.runs() if run.type == "ARI_PULL")
    assert run.status is SyncStatus.FAILED
