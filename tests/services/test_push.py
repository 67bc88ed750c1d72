"""What goes out: the fewest calls, only what changed, and nothing taken for granted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from sqlalchemy import update

from chaos import reconciler
from portal import tenancy
from portal.db import now, unit_of_work
from portal.domain.nights import Window
from portal.extensions import db
from portal.models import ConnectionState, Duty, DutyRow, RateDay, Room, Send, SyncStatus
from portal.services import blocks, duties, full_sync, lanes, push, push_record
from tests.house import Sandbox
from tests.services import engine
from tests.services.engine import House

BROKEN = ("drip", "garbage", "html", "truncated", "reset", "timeout")


@pytest.fixture
def impatient() -> Iterator[None]:
    """Calls end after half a second, so that nobody waits for a silent provider."""
    with engine.settings(provider_deadline_seconds=0.5):
        yield


def test_a_changed_price_is_one_call_and_reaches_the_ota(any_house: House) -> None:
    any_house.set_price("133", 7)

    any_house.push()

    assert any_house.price(any_house.day(7))["rate"] == "133.00"
    assert any_house.ari_calls() == 1


def test_a_full_sync_of_a_large_hotel_is_one_call_of_each_kind(channex: Sandbox) -> None:
    with tenancy.of(engine.found_organization("Large Hotels")):
        house = engine.open_house(channex, types=20, rooms=1, plans=3)

        full_sync.request(house.connection)
        house.push()

        assert len(house.calls("POST /availability")) == 1
        assert len(house.calls("POST /restrictions")) == 1
        (run,) = [run for run in house.runs() if run.type == "FULL_SYNC"]
        assert run.status is SyncStatus.COMPLETED
        assert run.processed == (20 + 60) * 500
        assert reconciler.differences(channex.url) == []


def test_two_hundred_changes_of_one_price_are_a_few_calls_and_the_last_one_wins(house: House) -> None:
    # Long enough that a busy machine does not pause longer than the debounce between two changes.
    with engine.settings(sync_debounce_seconds=2.0, sync_debounce_limit_seconds=20.0):
        for change in range(200):
            house.set_price(str(100 + change), 7)
            _push_what_is_due(house)

        engine.eventually(lambda: _push_what_is_due(house) or house.lane(house.plans[0]).due_at is None)

    assert house.price(house.day(7))["rate"] == "299.00"
    assert house.ari_calls() <= 4


def _push_what_is_due(house: House) -> None:
    if any(duty == Duty.PUSH for _, _, duty in duties.due()):
        push.push(house.connection_id)


def test_a_hundred_nights_changed_at_once_are_one_call(house: House) -> None:
    house.set_price("90", *range(10, 110))

    house.push()

    (call,) = house.calls("POST /restrictions")
    assert len(json.loads(call["request_body"])["values"]) == 1
    assert house.ari_calls() == 1


def test_nothing_changed_is_no_call(any_house: House) -> None:
    any_house.set_price("100", 7)

    any_house.push()

    assert any_house.ari_calls() == 0
    assert any_house.lane(any_house.plans[0]).due_at is None


def test_a_night_that_closes_goes_out_before_one_that_opens(channex: Sandbox) -> None:
    with tenancy.of(engine.found_organization("Two Types")):
        house = engine.open_house(channex, types=2)
        first, second = (engine.fresh(Room, Room.room_type_id == kind)[0] for kind in house.types)
        lifted = blocks.create(house.property_id, first.id, house.day(3), house.day(4))
        house.push()
        house.forget_calls()

        blocks.lift(house.property_id, lifted.id)
        blocks.create(house.property_id, second.id, house.day(3), house.day(4))
        house.push()

        (call,) = house.calls("POST /availability")
        falling, rising = (value["availability"] for value in json.loads(call["request_body"])["values"])
        assert (falling, rising) == (2, 3)
        assert json.loads(call["request_body"])["values"][0]["room_type_id"] == house.lane(house.types[1]).external_id


def test_a_refused_night_is_shown_and_not_asked_again_until_it_changes(house: House) -> None:
    _write_price(house, 0, 7)  # a price of nothing, from before the rules forbade it

    house.push()
    house.push()

    assert house.acknowledged(house.day(7)) is None
    assert house.lane(house.plans[0]).refused[0][0] == house.day(7).isoformat()
    assert "cells_refused" in house.incidents()
    assert house.ari_calls() == 1

    house.set_price("120", 7)
    house.push()

    assert house.lane(house.plans[0]).refused == []
    assert "cells_refused" not in house.incidents()
    assert house.price(house.day(7))["rate"] == "120.00"


def test_the_nights_beside_a_refused_one_are_accepted(house: House) -> None:
    _write_price(house, 0, 7)
    house.set_price("111", 6, 8)

    house.push()

    (run,) = [run for run in house.runs() if run.status is SyncStatus.PARTIAL]
    assert (run.processed, run.failed) == (2, 1)
    assert house.acknowledged(house.day(6)).rate == 111
    assert house.acknowledged(house.day(8)).rate == 111
    (send,) = [send for send in engine.fresh(Send) if send.verdict == "partly"]
    assert {row["verdict"] for row in send.runs} == {"accepted", "warned"}


def test_a_person_can_have_a_refused_night_sent_again(house: House) -> None:
    _write_price(house, 0, 7)
    house.push()
    house.forget_calls()

    full_sync.request(house.connection)
    house.push()

    assert house.ari_calls() == 2
    assert house.lane(house.plans[0]).refused[0][0] == house.day(7).isoformat()


def test_a_call_refused_as_a_whole_refuses_its_cells_and_no_others(house: House) -> None:
    house.fault("status", status=422, match={"path_prefix": "/restrictions"}, details={"values": ["is invalid"]})
    house.set_price("133", 7)
    full_sync.request(house.connection)

    house.push()

    assert house.lane(house.plans[0]).acknowledged == []
    assert house.lane(house.types[0]).accepted_at is not None
    assert "cells_refused" in house.incidents()
    assert len(house.calls("POST /restrictions")) == 1


def test_a_refused_credential_stops_the_connection_and_is_not_tried_in_a_loop(house: House) -> None:
    house.fault("status", status=401)
    house.set_price("133", 7)

    for _ in range(4):
        if duties.due():
            push.push(house.connection_id)
            house.due()

    assert house.connection.state is ConnectionState.BROKEN
    assert "credential_refused" in house.incidents()
    assert len(house.calls()) <= 2
    assert house.lane(house.plans[0]).due_at is not None


@pytest.mark.parametrize("told", ["seconds", "date"])
def test_a_provider_that_asks_for_patience_gets_it(house: House, told: str) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    house.fault("status", status=429, retry_after="30" if told == "seconds" else moment, times=1)
    house.set_price("133", 7)

    house.push()
    again = push.push(house.connection_id)
    house.push()  # even when somebody forgets the waiting time, the shared limiter does not

    wait = (house.duty("push").retry_at - now()).total_seconds()
    assert again is False
    assert 25 < wait <= 30
    assert house.ari_calls() == 1
    assert house.duty("push").attempts == 0


def test_a_price_that_arrived_without_an_answer_is_sent_again(any_house: House, impatient: None) -> None:
    any_house.fault("commit_then_timeout", match={"path_prefix": any_house.prices_path}, times=1)
    any_house.set_price("133", 7)
    any_house.push()

    any_house.set_price("100", 7)  # back to what was acknowledged: nothing seems to differ
    any_house.push()

    assert any_house.price(any_house.day(7))["rate"] == "100.00"
    assert any_house.acknowledged(any_house.day(7)).rate == 100
    assert [send.verdict for send in engine.fresh(Send)][-2:] == ["unknown", "accepted"]


@pytest.mark.parametrize("kind", BROKEN)
def test_an_answer_that_proves_nothing_is_no_success(any_house: House, impatient: None, kind: str) -> None:
    any_house.fault(kind, match={"path_prefix": any_house.prices_path}, times=1)
    any_house.set_price("133", 7)

    any_house.push()

    assert any_house.acknowledged(any_house.day(7)) is None
    assert any_house.lane(any_house.plans[0]).due_at is not None
    assert any_house.runs()[-1].status is SyncStatus.FAILED

    any_house.push()

    assert any_house.price(any_house.day(7))["rate"] == "133.00"
    assert any_house.acknowledged(any_house.day(7)).rate == 133
    assert {"provider_away", "answer_unclear"}.isdisjoint(any_house.incidents())


def test_a_price_changed_while_we_talk_goes_out_too(any_house: House) -> None:
    any_house.fault("slow", delay=1.0, match={"path_prefix": any_house.prices_path}, times=1)
    any_house.set_price("133", 7)

    with engine.beside(any_house, lambda: push.push(any_house.connection_id)):
        engine.eventually(lambda: any_house.duty("push").leased_until)
        engine.eventually(lambda: any_house.price(any_house.day(7))["rate"] == "133.00")
        any_house.set_price("144", 7)

    assert any_house.price(any_house.day(7))["rate"] == "144.00"
    assert any_house.lane(any_house.plans[0]).due_at is None


def test_two_pushers_never_talk_at_once(any_house: House) -> None:
    any_house.fault("slow", delay=1.0, match={"path_prefix": any_house.prices_path}, times=1)
    any_house.set_price("133", 7)

    with engine.beside(any_house, lambda: push.push(any_house.connection_id)):
        engine.eventually(lambda: any_house.duty("push").leased_until)
        second = push.push(any_house.connection_id)

    assert second is False
    assert any_house.ari_calls() == 1


def test_a_pusher_that_lost_its_lease_claims_nothing(any_house: House) -> None:
    any_house.fault("slow", delay=1.0, match={"path_prefix": any_house.prices_path}, times=1)
    any_house.set_price("133", 7)

    with engine.beside(any_house, lambda: push.push(any_house.connection_id)):
        engine.eventually(lambda: any_house.duty("push").leased_until)
        with unit_of_work():
            db.session.execute(update(DutyRow).where(DutyRow.duty == Duty.PUSH).values(fence=DutyRow.fence + 1))

    assert any_house.acknowledged(any_house.day(7)) is None
    assert any_house.lane(any_house.plans[0]).due_at is not None
    assert [send.verdict for send in engine.fresh(Send)].count("accepted") == 2  # those of the first calendar


def test_what_was_in_the_air_when_the_worker_died_is_unknown(any_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*arguments: object) -> None:
        raise SystemExit  # the call was answered, and nobody lived to write it down

    monkeypatch.setattr(push_record, "success", die)
    any_house.set_price("133", 7)
    with pytest.raises(SystemExit):
        push.push(any_house.connection_id)
    monkeypatch.undo()
    any_house.set_price("100", 7)
    _let_leases_run_out()

    any_house.push()

    assert any_house.price(any_house.day(7))["rate"] == "100.00"


def _let_leases_run_out() -> None:
    with unit_of_work():
        db.session.execute(update(DutyRow).values(leased_until=None))


def _write_price(house: House, rate: int, number: int) -> None:
    """Set a price behind the back of the rules."""
    night = house.day(number)
    with unit_of_work():
        db.session.add(RateDay(rate_plan_id=house.plans[0], night=night, rate=rate))
        db.session.flush()
        lanes.mark(house.property_id, rate_plans=[house.plans[0]], windows=[Window(night, night)])
