"""The mapping: read by a worker, drafted apart, applied at once, undone within a day."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.db import unit_of_work
from portal.domain.mapping import Decision, Wrong
from portal.extensions import db
from portal.models import Lane, MappingChange, RateMapping, RemoteSnapshot, RoomMapping
from portal.services import mapping_apply, mapping_drafts, push, remote_closings, remote_products
from portal.services.errors import Refused, StaleEdit
from providers.registry import connector_class
from tests.services import mapped
from tests.services.engine import House, beside, fresh


def second_product(house: House) -> tuple[str, str]:
    """A room type with a plan that exists only at the provider; its codes."""
    room = mapped.add_room(house, "Double at Channex", adults=3)
    plan = mapped.add_plan(house, room, "Flex at Channex", occupancy=3)
    house.sandbox.control("GET", "feed")
    mapped.refresh(house)
    return room, plan


def move_over(house: House, room: str, plan: str) -> object:
    """Point our only room type and plan at the other product, and say that the old one is not sold."""
    old = mapped.desk(house).live
    decisions = dict.fromkeys(old.pairs.values(), Decision.NOT_SOLD)
    mapped.draft(house, {mapped.room_key(house): room, mapped.plan_key(house): plan}, decisions)
    return mapped.apply(house)


def test_provisioning_leaves_nothing_undecided(house):
    assert mapping_drafts.undecided(house.connection) == 0


def test_a_list_that_was_never_read_counts_as_undecided(house):
    with unit_of_work():
        db.session.execute(update(RemoteSnapshot).values(fetched_at=None))

    assert mapping_drafts.undecided(house.connection) == 1


def test_a_worker_reads_products_with_their_prices_of_three_nights(house):
    room, plan = second_product(house)

    found = {item.key: item for item in mapped.desk(house).theirs}

    mine = next(key for key in mapped.desk(house).live.pairs.values() if key.startswith("plan:"))
    assert [str(price) for price in found[mine].prices.values()] == ["100.00"] * 3
    assert (found[f"plan:{plan}"].room, found[f"plan:{plan}"].currency) == (f"room:{room}", "EUR")
    assert mapping_drafts.undecided(house.connection) == 2


def test_asking_again_within_half_a_minute_is_refused(house):
    mapped.refresh(house)

    with pytest.raises(Refused, match="30 seconds"):
        remote_products.wish(house.connection)


def test_a_failure_keeps_the_list_as_it_was_and_says_why(house):
    before = mapped.desk(house).theirs
    house.fault("status", status=500, endpoint="GET /room_types")

    mapped.refresh(house)

    kept = remote_products.snapshot(house.connection_id)
    assert kept is not None and kept.error
    assert mapped.desk(house).theirs == before
    assert kept.answered_at is not None and kept.asked_at is not None and kept.answered_at > kept.asked_at


def test_a_draft_changes_nothing_that_is_live(house):
    room, plan = second_product(house)
    before = mapped.desk(house).live

    mapped.draft(house, {mapped.room_key(house): f"  {room} ", mapped.plan_key(house): plan})

    now = mapped.desk(house)
    assert now.live == before
    assert now.target.pairs[mapped.room_key(house)] == f"room:{room}"
    assert [row.external_id for row in fresh(RoomMapping)] == [before.pairs[mapped.room_key(house)].split(":")[1]]


def test_the_second_of_two_people_is_told_that_the_draft_moved(house):
    room, _ = second_product(house)
    version = mapped.desk(house).version
    mapping_drafts.save(house.connection, version, {}, {f"room:{room}": Decision.AT_OTA})

    with pytest.raises(StaleEdit):
        mapping_drafts.save(house.connection, version, {}, {f"room:{room}": Decision.NOT_SOLD})


def test_a_code_nobody_knows_is_refused(house):
    with pytest.raises(mapping_drafts.Faulty) as refused:
        mapped.draft(house, {mapped.room_key(house): "NO-SUCH-CODE"})

    assert [fault.wrong for fault in refused.value.faults] == [Wrong.NOT_THERE]


def test_applying_needs_every_product_decided(house):
    room, _ = second_product(house)
    mapped.draft(house, {}, {f"room:{room}": Decision.AT_OTA})

    with pytest.raises(Refused, match="undecided"):
        mapped.apply(house)


def test_an_applied_mapping_closes_the_old_product_and_opens_the_new_one(house):
    room, plan = second_product(house)
    old_room = house.lane(house.types[0]).external_id
    night = house.day(10)

    move_over(house, room, plan)
    house.push()

    calendar = house.calendar(night, night)
    assert calendar["availability"][old_room][night.isoformat()] == 0
    assert calendar["availability"][room][night.isoformat()] == 3
    assert house.price(night)["rate"] in ("100.00", 10000)
    assert all(row.closed_at for row in remote_closings.listed(house.connection))
    assert mapping_drafts.undecided(house.connection) == 0
    assert not mapped.desk(house).wanted


def test_the_old_product_goes_off_sale_before_the_new_one_is_opened(house):
    room, plan = second_product(house)
    old_room = house.lane(house.types[0]).external_id
    move_over(house, room, plan)
    house.forget_calls()

    house.push()

    sent = [str(call) for call in house.calls("POST /availability")]
    assert old_room in sent[0] and room not in sent[0]
    assert room in sent[-1]


def test_a_closing_that_fails_is_kept_until_it_is_done(house):
    room, plan = second_product(house)
    move_over(house, room, plan)
    house.fault("status", status=500, endpoint="POST /availability")
    assert push.push(house.connection_id)

    assert [row.closed_at for row in remote_closings.listed(house.connection)] == [None, None]
    house.heal()
    house.push()

    assert all(row.closed_at for row in remote_closings.listed(house.connection))


def test_undoing_restores_both_sides_and_sends_everything_again(house):
    before = mapped.desk(house).live
    room, plan = second_product(house)
    change = move_over(house, room, plan)
    house.push()
    night = house.day(10)

    mapping_apply.undo(house.connection, change)
    house.push()

    calendar = house.calendar(night, night)
    old_room = before.pairs[mapped.room_key(house)].split(":")[1]
    assert mapped.desk(house).live == before
    assert calendar["availability"][old_room][night.isoformat()] == 3
    assert calendar["availability"][room][night.isoformat()] == 0
    assert {row.product for row in remote_closings.listed(house.connection)} == {f"room:{room}", f"plan:{plan}"}


def test_an_undoing_before_anything_was_sent_leaves_nothing_to_close_of_what_is_mapped(house):
    room, plan = second_product(house)
    change = move_over(house, room, plan)

    mapping_apply.undo(house.connection, change)
    house.push()

    night = house.day(10)
    assert house.left(night) == 3


def test_a_change_of_yesterday_is_not_undone(house):
    room, plan = second_product(house)
    change = move_over(house, room, plan)
    with unit_of_work():
        db.session.execute(update(MappingChange).values(applied_at=MappingChange.applied_at - timedelta(hours=25)))

    with pytest.raises(Refused, match="24 hours"):
        mapping_apply.undo(house.connection, change)


def test_a_change_is_undone_once(house):
    room, plan = second_product(house)
    change = move_over(house, room, plan)
    mapping_apply.undo(house.connection, change)

    with pytest.raises(Refused):
        mapping_apply.undo(house.connection, change)


def test_unmapping_ends_the_lanes_and_the_history_names_who_and_what(house):
    live = mapped.desk(house).live
    keys = {mapped.room_key(house): "", mapped.plan_key(house): ""}

    mapped.draft(house, keys, dict.fromkeys(live.pairs.values(), Decision.NOT_SOLD))
    mapped.apply(house)
    house.push()

    (change,) = mapping_apply.history(house.connection)
    assert (fresh(RoomMapping), fresh(RateMapping), fresh(Lane)) == ([], [], [])
    assert change.before == live.as_json()
    assert change.after["pairs"] == {} and set(change.after["decisions"].values()) == {"not_sold"}
    assert all(row.closed_at for row in remote_closings.listed(house.connection))


def test_nothing_is_half_applied_when_something_goes_wrong(house, monkeypatch):
    room, plan = second_product(house)
    before = mapped.desk(house).live

    def broken(*arguments: object) -> None:
        raise RuntimeError("the last step fails")

    monkeypatch.setattr(mapping_apply.mapping_drafts, "cleared", broken)
    with pytest.raises(RuntimeError):
        move_over(house, room, plan)

    now = mapped.desk(house)
    assert now.live == before
    assert now.wanted
    assert list(mapping_apply.history(house.connection)) == []
    assert list(remote_closings.listed(house.connection)) == []


def test_of_two_who_apply_at_once_one_does(house):
    room, plan = second_product(house)
    old = mapped.desk(house).live
    decisions = dict.fromkeys(old.pairs.values(), Decision.NOT_SOLD)
    version = mapped.draft(house, {mapped.room_key(house): room, mapped.plan_key(house): plan}, decisions)
    outcomes: list[str] = []

    def one() -> None:
        try:
            mapping_apply.apply(house.connection, version)
            outcomes.append("applied")
        except Refused:
            outcomes.append("refused")

    with beside(house, one):
        one()

    assert sorted(outcomes) == ["applied", "refused"]
    assert len(mapping_apply.history(house.connection)) == 1


def test_a_push_that_is_talking_while_its_product_is_unmapped_ends_well(house, monkeypatch):
    live = mapped.desk(house).live
    decisions = dict.fromkeys(live.pairs.values(), Decision.NOT_SOLD)
    mapped.draft(house, {mapped.room_key(house): "", mapped.plan_key(house): ""}, decisions)
    house.set_price("150", 3)
    talk = push.talk

    def meanwhile(*arguments: object) -> None:
        with beside(house, lambda: mapped.apply(house)):
            pass
        talk(*arguments)

    monkeypatch.setattr(push, "talk", meanwhile)
    house.push()

    assert fresh(Lane) == []
    assert all(row.closed_at for row in remote_closings.listed(house.connection))


def test_two_that_change_places_are_swapped(channex):
    from portal import tenancy
    from tests.services import engine

    with tenancy.of(engine.found_organization("Swap Hotels")):
        house = engine.open_house(channex, types=2)
        mapped.refresh(house)
        live = mapped.desk(house).live.pairs
        keys = list(live)
        other = {mapped.room_key(house): mapped.room_key(house, 1), mapped.plan_key(house): mapped.plan_key(house, 1)}
        swapped = {key: live[other.get(key) or next(k for k, v in other.items() if v == key)] for key in keys}

        mapped.draft(house, {key: code.split(":")[1] for key, code in swapped.items()})
        mapped.apply(house)
        house.push()

        assert mapped.desk(house).live.pairs == swapped
        assert list(remote_closings.listed(house.connection)) == []
        assert house.price(house.day(9), plan=0)["rate"] != house.price(house.day(9), plan=1)["rate"]


def test_where_a_closing_holds_for_the_whole_room_type_a_plan_is_not_closed_alone(house, monkeypatch):
    live = mapped.desk(house).live
    plan = live.pairs[mapped.plan_key(house)]
    mapped.draft(house, {mapped.plan_key(house): ""}, {plan: Decision.AT_OTA})
    mapped.apply(house)
    monkeypatch.setattr(connector_class("channex"), "restrictions_of", "room_type")
    house.forget_calls()

    house.push()

    (row,) = remote_closings.listed(house.connection)
    assert (row.product, row.closed_at, row.error) == (plan, None, remote_closings.NOT_ALONE)
    assert house.calls("POST /restrictions") == []
