"""A rate plan is made, created at the channel manager, taken out of use and used again."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from portal import tenancy
from portal.extensions import db
from portal.models import Lane
from portal.services import plan_life, properties, rates
from tests.factories import charlies_house
from tests.people import sign_in
from tests.wires import Wired, alice, inside, text, viewer, wire, work

pytestmark = pytest.mark.usefixtures("db", "redis")


@pytest.fixture
def wired(client) -> Wired:
    wired = wire()
    sign_in(client, alice(wired))
    return wired


@pytest.fixture
def connected(client, sandbox) -> Wired:
    """The same house, created at the simulated channel manager and in step."""
    wired = wire(set_up=True)
    sign_in(client, alice(wired))
    return wired


def wish(wired: Wired, **fields: Any) -> dict[str, Any]:
    return {"name": "Half board", "room_type_id": wired.double, "meal_plan": "half_board", **fields}


def make(client: Any, wired: Wired, **fields: Any) -> UUID:
    answer = client.post(wired.url("rates/plans/new"), data=wish(wired, **fields))
    assert answer.status_code == 303, text(answer)
    return UUID(answer.location.rpartition("/")[2])


def page(wired: Wired, plan_id: Any, act: str = "") -> str:
    return wired.url(f"rates/plans/{plan_id}{act}")


def closed_there(wired: Wired, sandbox: Any, plan_id: Any) -> set[bool]:
    """Whether the nights the channel manager has of a plan are closed."""
    with inside(wired) as connection:
        place = connection.external_property_id
        (lane,) = [each for each in lanes(wired) if each.rate_plan_id == plan_id]
        external, today = lane.external_id, str(rates_today(wired))
    found = sandbox.control("GET", f"calendar/{place}", params={"first": today, "last": today})
    return {cell["stop_sell"] for cell in found["rate_plans"][external].values()}


def lanes(wired: Wired) -> list[Any]:
    return list(db.session.query(Lane).filter_by(connection_id=wired.connection_id))


def rates_today(wired: Wired) -> Any:
    return properties.today(properties.find(wired.house.property_id))


def test_a_plan_with_a_price_of_its_own_is_made(client, wired):
    plan_id = make(client, wired, base_rate="145.50", cancellation_policy="Free until the day before")

    shown = text(client.get(page(wired, plan_id)))
    with inside(wired):
        plan = rates.find_plan(wired.house.property_id, plan_id)
        assert (plan.base_rate, plan.currency, plan.meal_plan) == (Decimal("145.50"), "EUR", "half_board")
    assert "Half board" in shown and "Free until the day before" in shown
    assert "Half board" in client.get(wired.url("rates/plans")).text


def test_a_plan_may_follow_the_price_of_another(client, wired):
    plan_id = make(client, wired, parent_id=wired.plan, derived_percent="-10", derived_amount="5")

    with inside(wired):
        today = rates_today(wired)
        assert rates.calendar(wired.house.property_id, today, today)[plan_id][today].rate == 95


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "This is needed."),
        ({"base_rate": "GBP 100"}, "are in EUR, not in GBP"),
        ({"base_rate": "100", "parent_id": "plan"}, "A derived plan has no price of its own."),
        ({"derived_percent": "-10"}, "A derivation needs a parent plan."),
        ({"name": "Flexible"}, "already has a rate plan called Flexible"),
        ({"room_type_id": "00000000-0000-0000-0000-000000000000"}, "no longer in use: choose another"),
        ({"meal_plan": "elevenses"}, "Choose one of the list."),
    ],
)
def test_a_plan_that_cannot_be_is_refused_in_words_and_the_input_stays(client, wired, fields, sentence):
    with inside(wired):
        fields = {**fields, "name": fields.get("name", "Half board")}
        if fields["name"] == "Flexible":
            fields["name"] = rates.find_plan(wired.house.property_id, wired.plan).name
            sentence = sentence.replace("Flexible", fields["name"])
    if fields.get("parent_id") == "plan":
        fields["parent_id"] = wired.plan

    answer = client.post(wired.url("rates/plans/new"), data={**wish(wired), "cancellation_policy": "Kept", **fields})

    assert answer.status_code == 422 and sentence in text(answer) and 'value="Kept"' in answer.text
    with inside(wired):
        assert len(rates.plans(wired.house.property_id)) == 1


def test_a_wished_plan_is_created_at_the_channel_manager_and_nothing_else_is(client, connected, sandbox):
    with tenancy.of(connected.house.organization_id):
        left_alone = make_rate_plan_beside(connected)
    plan_id = make(client, connected, base_rate="145", there="1")
    assert "A worker creates it there" in text(client.get(page(connected, plan_id)))

    work(connected, "provision", "push")

    shown = client.get(page(connected, plan_id))
    assert "It has every night as it is set here." in text(shown) and "every 2s" not in shown.text
    with inside(connected):
        mapped = {lane.rate_plan_id for lane in lanes(connected)}
        assert plan_id in mapped and left_alone not in mapped
    assert closed_there(connected, sandbox, plan_id) == {False}


def make_rate_plan_beside(wired: Wired) -> UUID:
    return rates.create_plan(
        wired.house.property_id, rates.PlanFacts(room_type_id=wired.double, name="At the desk", base_rate=Decimal(90))
    ).id


def test_a_plan_made_without_the_wish_is_created_later_by_one_click(client, connected):
    plan_id = make(client, connected, base_rate="145")
    where = re.search(r'action="([^"]+/create)"', client.get(page(connected, plan_id)).text)[1]

    client.post(where)
    work(connected, "provision")

    with inside(connected):
        (place,) = plan_life.places(rates.find_plan(connected.house.property_id, plan_id))
        assert place.at == "waiting"


def test_a_pause_meanwhile_outlives_the_creation(client, connected):
    plan_id = make(client, connected, base_rate="145", there="1")
    client.post(connected.card("pause"), data={"reason": "Painters"})

    work(connected, "provision")

    with inside(connected) as connection:
        assert connection.state == "paused"
        assert plan_id in {lane.rate_plan_id for lane in lanes(connected)}


def test_a_plan_out_of_use_is_closed_at_the_channels_first_and_stays_closed(client, connected, sandbox):
    assert "Every night ahead is closed at Channex" in text(client.get(page(connected, connected.plan, "/archive")))

    client.post(page(connected, connected.plan, "/archive"))

    assert "the channels go on selling this plan" in text(client.get(page(connected, connected.plan)))
    work(connected, "push")
    shown = client.get(page(connected, connected.plan))
    assert "nobody can book this plan there" in text(shown) and "every 2s" not in shown.text
    assert closed_there(connected, sandbox, connected.plan) == {True}


def test_a_plan_used_again_is_for_sale_again(client, connected, sandbox):
    client.post(page(connected, connected.plan, "/archive"))
    work(connected, "push")

    answer = client.post(page(connected, connected.plan, "/restore"))
    work(connected, "push")

    assert answer.status_code == 303 and "Save the plan" in client.get(page(connected, connected.plan)).text
    assert closed_there(connected, sandbox, connected.plan) == {False}


def test_a_second_click_changes_nothing(client, wired):
    for act in ("/archive", "/archive", "/restore", "/restore"):
        assert client.post(page(wired, wired.plan, act)).status_code == 303

    with inside(wired):
        assert rates.find_plan(wired.house.property_id, wired.plan).archived_at is None


def test_a_paused_connection_is_said_to_go_on_selling(client, connected):
    client.post(connected.card("pause"), data={"reason": "Painters"})

    assert "go on selling the plan until it does" in text(client.get(page(connected, connected.plan, "/archive")))
    client.post(page(connected, connected.plan, "/archive"))

    assert "does not send at the moment" in text(client.get(page(connected, connected.plan)))


def test_a_plan_others_follow_ends_after_them_and_comes_back_before_them(client, wired):
    child = make(client, wired, parent_id=wired.plan, derived_percent="-10")

    first = client.post(page(wired, wired.plan, "/archive"))
    client.post(page(wired, child, "/archive"))
    client.post(page(wired, wired.plan, "/archive"))
    early = client.post(page(wired, child, "/restore"))

    assert first.status_code == 409 and "Half board" in text(first)
    assert early.status_code == 409 and "use that one again first" in text(early)


def test_who_may_only_look_makes_and_ends_nothing(client, wired):
    sign_in(client, viewer(wired))

    assert client.post(wired.url("rates/plans/new"), data=wish(wired)).status_code == 403
    assert client.post(page(wired, wired.plan, "/archive")).status_code == 403
    assert "Take this plan out of use" not in client.get(page(wired, wired.plan)).text


def test_charlie_ends_no_plan_of_alices(client, wired):
    charlie = charlies_house()
    sign_in(client, charlie.owner)
    his = f"/p/{charlie.property_id}/rates/plans/{wired.plan}"

    assert client.get(page(wired, wired.plan, "/archive")).status_code == 404
    for act in ("/archive", "/restore", f"/channels/{wired.connection_id}/create"):
        assert client.post(f"{his}{act}").status_code == 404
    with inside(wired):
        assert rates.find_plan(wired.house.property_id, wired.plan).archived_at is None
