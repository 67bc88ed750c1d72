"""A hotel set up: made once, created at the provider without a double, looked at before it sells, proved after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from portal import tenancy
from portal.db import now, unit_of_work
from portal.domain.onboarding import State, Step
from portal.extensions import db
from portal.models import ConnectionState, Duty, DutyRow, Onboarding, Property, RatePlan, Room, RoomType
from portal.services import (
    duties,
    first_proof,
    onboarding,
    onboarding_build,
    onboarding_preview,
    onboarding_route,
    onboarding_steps,
    parity,
    properties,
    provision,
    push,
    rates,
    room_types,
)
from portal.services.errors import NotFound, Refused
from portal.services.onboarding_steps import Obstacle
from providers.channex.client import Channex
from tests.house import Sandbox
from tests.services import engine

DOUBLE, SUITE = uuid4(), uuid4()
FACTS = properties.Facts(name="Sea", currency="EUR", timezone="Europe/Lisbon", country="PT")
PLANS_AWAY = {"kind": "status", "status": 503, "match": {"method": "POST", "path_prefix": "/rate_plans"}}
# Everything that is created there, in order: each is a place to die.
WRITES = {"ensure_group": 1, "create_property": 1, "create_room_type": 2, "create_rate_plan": 4, "register_webhook": 1}


@pytest.fixture
def alice(channex: Sandbox) -> Iterator[Sandbox]:
    with tenancy.of(engine.found_organization("Alice Hotels")):
        yield channex


def hotel(*, suite: bool = True, double: str = "120") -> onboarding_build.Hotel:
    types = [onboarding_build.TypeDraft(DOUBLE, room_types.TypeFacts(name="Double"), ("1", "2"))]
    prices = {DOUBLE: double}
    if suite:
        facts = room_types.TypeFacts(name="Suite", max_adults=4, position=1)
        types.append(onboarding_build.TypeDraft(SUITE, facts, ("9",)))
        prices[SUITE] = "300"
    plans = [plan for key, price in prices.items() for plan in _plans(key, price)]
    return onboarding_build.Hotel(FACTS, types, plans)


def _plans(room_type: UUID, price: str) -> list[onboarding_build.PlanDraft]:
    """Two plans whose titles are those of every other room type too."""
    standard = UUID(int=room_type.int ^ 1)
    first = rates.PlanFacts(room_type_id=room_type, name="Flexible", base_rate=Decimal(price))
    second = rates.PlanFacts(
        room_type_id=room_type, name="Saver", parent_id=standard, derived_percent=Decimal(-10), position=1
    )
    return [
        onboarding_build.PlanDraft(standard, first),
        onboarding_build.PlanDraft(UUID(int=room_type.int ^ 2), second),
    ]


def begun(**shape: Any) -> UUID:
    """A draft whose hotel is described and made."""
    draft_id = uuid4()
    onboarding.begin(draft_id)
    for step in onboarding_steps.DESCRIBED:
        onboarding.answer(draft_id, step, {}, valid=True)
    onboarding_build.build(draft_id, hotel(**shape))
    return draft_id


def chosen(draft_id: UUID) -> Any:
    return onboarding_route.connection(onboarding_route.choose(draft_id, "channex:BDC"))


def way(draft_id: UUID) -> onboarding_steps.Way:
    return onboarding_steps.way(onboarding.find(draft_id))


def created(sandbox: Sandbox, what: str) -> int:
    calls = sandbox.control("GET", "journal", params={"limit": "5000"})["calls"]
    return len([call for call in calls if call["endpoint"] == f"POST /api/v1/{what}" and call["status"] == 201])


def due_now(connection_id: UUID) -> None:
    with unit_of_work():
        mine = update(DutyRow).where(DutyRow.connection_id == connection_id)
        db.session.execute(mine.values(leased_until=None, retry_at=None))


@pytest.mark.parametrize("step", [(name, number) for name, count in WRITES.items() for number in range(count)])
def test_a_set_up_killed_after_any_call_and_run_again_doubles_nothing_and_still_waits(
    alice: Sandbox, monkeypatch: pytest.MonkeyPatch, step: tuple[str, int]
) -> None:
    name, number = step
    connection = chosen(begun())
    made, real = [], getattr(Channex, name)

    def deadly(connector: Channex, *arguments: Any) -> Any:
        made.append(name)
        answer = real(connector, *arguments)
        if len(made) == number + 1:
            raise SystemExit
        return answer

    monkeypatch.setattr(Channex, name, deadly)
    with pytest.raises(SystemExit):
        provision.run(connection.id)
    monkeypatch.setattr(Channex, name, real)
    due_now(connection.id)
    assert provision.run(connection.id)

    for what, count in {"properties": 1, "room_types": 2, "rate_plans": 4, "webhooks": 1}.items():
        assert created(alice, what) == count, what
    assert onboarding_route.progress(connection).done
    assert engine.fresh(engine.Connection)[0].state is ConnectionState.SETTING_UP


def test_a_title_channex_takes_for_a_duplicate_gets_the_room_types_name(alice: Sandbox) -> None:
    alice.control("POST", "switches", json={"duplicate_titles_refused": True})
    connection = chosen(begun())

    assert provision.run(connection.id)

    assert onboarding_route.progress(connection).done
    assert way(engine.fresh(Onboarding)[0].id).unmapped == 0


def test_what_the_provider_refuses_names_its_item_and_the_rest_waits(alice: Sandbox) -> None:
    draft_id = begun()
    connection = chosen(draft_id)
    alice.control("POST", "faults", json=PLANS_AWAY)
    provision.run(connection.id)

    progress = onboarding_route.progress(connection)

    assert [(item.kind, item.name) for item in progress.items if item.state == "refused"] == [
        ("rate_plan", "Double: Flexible")
    ]
    assert progress.error and progress.retry_at
    assert way(draft_id).states[Step.PROVISION] is State.OPEN
    assert Obstacle.NOT_CREATED in onboarding_steps.obstacles(way(draft_id), verified=True)


def test_built_twice_there_is_one_hotel_with_the_newer_price(alice: Sandbox) -> None:
    draft_id = begun()

    onboarding_build.build(draft_id, hotel(double="140"))

    counts = [len(engine.fresh(model)) for model in (Property, RoomType, Room, RatePlan)]
    assert counts == [1, 2, 3, 4]
    assert {plan.base_rate for plan in engine.fresh(RatePlan)} == {Decimal(140), Decimal(300), None}


def test_a_room_type_the_channel_manager_has_is_not_taken_away(alice: Sandbox) -> None:
    draft_id = begun()
    assert provision.run(chosen(draft_id).id)

    with pytest.raises(Refused, match="Suite is at the channel manager already"):
        onboarding_build.build(draft_id, hotel(suite=False))
    with pytest.raises(Refused, match="currency stays"):
        other = replace(hotel(), facts=replace(FACTS, currency="USD"))
        onboarding_build.build(draft_id, other)


def test_a_live_hotel_is_not_rebuilt(alice: Sandbox) -> None:
    draft_id = begun()
    connection = chosen(draft_id)
    provision.run(connection.id)
    first_proof.activate(draft_id, connection)

    with pytest.raises(Refused, match="live"):
        onboarding_build.build(draft_id, hotel())


def test_nothing_is_activated_before_it_is_made(alice: Sandbox) -> None:
    draft_id = begun()

    assert onboarding_steps.obstacles(way(draft_id), verified=False) == [Obstacle.NO_ROUTE]
    connection = chosen(draft_id)
    assert onboarding_steps.obstacles(way(draft_id), verified=False) == [Obstacle.NOT_CREATED, Obstacle.NOT_VERIFIED]
    provision.run(connection.id)
    assert onboarding_steps.obstacles(way(draft_id), verified=True) == []


def test_the_preview_counts_against_what_the_provider_holds(alice: Sandbox) -> None:
    draft_id = begun(suite=False)
    connection = chosen(draft_id)
    provision.run(connection.id)
    assert onboarding_preview.of(connection).read_at is None

    assert parity.check(connection.id)
    before = onboarding_preview.of(connection)
    first_proof.activate(draft_id, connection)
    push.push(connection.id)
    rates.set_base(connection.property_id, UUID(int=DOUBLE.int ^ 1), Decimal(150))
    parity.check(connection.id)
    after = onboarding_preview.of(connection)

    assert [(line.starts, line.stops, line.changes, line.same) for line in before.lines] == [(30, 0, 0, 0)] * 2
    assert [(line.starts, line.stops, line.changes, line.same) for line in after.lines] == [(0, 0, 30, 0)] * 2
    assert before.read_at is not None and not before.reading


def test_the_first_night_is_proved_once_and_never_before_it_was_sent(alice: Sandbox) -> None:
    draft_id = begun()
    connection = chosen(draft_id)
    provision.run(connection.id)
    parity.check(connection.id)
    run_id = first_proof.activate(draft_id, connection)
    assert first_proof.activate(draft_id, connection) == run_id
    parity.check(connection.id)
    assert first_proof.read(onboarding.find(draft_id)) is None

    push.push(connection.id)
    (duty,) = engine.fresh(DutyRow, DutyRow.duty == Duty.PARITY)
    assert duty.due_at is not None  # asked for by the push itself
    parity.check(connection.id)
    proof = first_proof.read(onboarding.find(draft_id))

    assert proof is not None
    assert (proof.room_type, proof.plan, proof.rate, proof.currency) == ("Double", "Flexible", Decimal(120), "EUR")
    assert 0 <= proof.seconds < 600 and proof.first
    assert way(draft_id).states[Step.ACTIVATE] is State.DONE


def test_a_draft_of_another_organization_is_not_there(alice: Sandbox) -> None:
    draft_id = begun()

    with tenancy.of(engine.found_organization("Charlie Inns")), pytest.raises(NotFound):
        onboarding.find(draft_id)


def test_what_waits_for_its_activation_is_polled_and_read_by_the_clock_and_sends_nothing(alice: Sandbox) -> None:
    connection = chosen(begun())
    provision.run(connection.id)
    with unit_of_work():
        db.session.execute(update(DutyRow).values(due_at=now()))

    due = {duty for _, connection_id, duty in duties.due() if connection_id == connection.id}

    assert {"channels", "parity"} <= due
    assert not due & {"push", "full_sync"}


def test_a_second_hotels_time_runs_from_its_own_first_form(alice: Sandbox) -> None:
    properties.create(replace(FACTS, name="The first"))
    draft_id = begun()
    connection = chosen(draft_id)
    provision.run(connection.id)
    first_proof.activate(draft_id, connection)
    push.push(connection.id)
    parity.check(connection.id)

    proof = first_proof.read(onboarding.find(draft_id))

    assert proof is not None and not proof.first
