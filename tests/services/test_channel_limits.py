"""Limits per channel, from the wish to what the OTA sells."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from portal.domain.channel_limits import EVERY_DAY, LimitKind, LimitState
from portal.extensions import db
from portal.models import ChannelLimit
from portal.services import channel_limit_push, channel_limits, connections
from portal.services.errors import NotFound, Refused
from tests.services.engine import House, fresh


def booking_com(house: House) -> UUID:
    assert connections.check(house.connection_id)
    return next(each.id for each in channel_limits.channels_with_limits(house.property_id) if each.code == "BDC")


def wish(house: House, **more: object) -> channel_limits.Wish:
    usual = {
        "kind": LimitKind.CLOSED, "units": 0, "first": house.day(5), "last": house.day(6), "weekdays": EVERY_DAY,
        "room_types": (house.types[0],),
    }  # fmt: skip
    return channel_limits.Wish(**({"channel_id": booking_com(house)} | usual | more))  # type: ignore[arg-type]


def state(limit_id: UUID) -> LimitState:
    return fresh(ChannelLimit, ChannelLimit.id == limit_id)[0].state


def send(house: House) -> None:
    house.due()
    assert channel_limit_push.send(house.connection_id)


def rules(house: House) -> list[dict[str, object]]:
    return [call for call in house.calls() if call["path"].startswith("/api/v1/channel_availability_rules")]


def test_a_limit_is_saved_sent_and_taken_back(house: House) -> None:
    limit = channel_limits.set_limit(house.property_id, uuid4(), wish(house))
    assert state(limit.id) is LimitState.SAVED

    send(house)
    assert state(limit.id) is LimitState.ACCEPTED
    with pytest.raises(Exception, match="no_availability"):
        house.book(nights=1)

    channel_limits.end(channel_limits.find(house.property_id, limit.id))
    send(house)

    assert state(limit.id) is LimitState.ENDED
    assert house.book(nights=1)["booking_id"]


def test_a_double_click_makes_one_limit(house: House) -> None:
    key, same = uuid4(), wish(house)

    for _ in range(2):
        channel_limits.set_limit(house.property_id, key, same)
    send(house)
    send(house)

    assert db.session.scalar(select(func.count()).select_from(ChannelLimit)) == 1
    assert [call["method"] for call in rules(house) if call["method"] != "GET"] == ["POST"]


def test_an_answer_that_was_lost_makes_no_second_rule(house: House) -> None:
    limit = channel_limits.set_limit(house.property_id, uuid4(), wish(house))
    house.fault("commit_then_timeout", match={"method": "POST", "path_prefix": "/channel_availability_rules"}, times=1)

    send(house)
    assert state(limit.id) is LimitState.SAVED
    house.heal()
    send(house)

    assert state(limit.id) is LimitState.ACCEPTED
    assert [call["method"] for call in rules(house)].count("POST") == 1


def test_a_refused_limit_says_why_and_can_be_sent_again(house: House) -> None:
    limit = channel_limits.set_limit(house.property_id, uuid4(), wish(house))
    house.fault("status", match={"method": "POST", "path_prefix": "/channel_availability_rules"}, status=422, times=1)

    send(house)
    refused = channel_limits.find(house.property_id, limit.id)
    assert refused.state is LimitState.REFUSED and refused.answer
    house.heal()
    channel_limits.send_again(refused)
    send(house)

    assert state(limit.id) is LimitState.ACCEPTED


def test_a_paused_connection_keeps_the_wish_until_it_resumes(house: House) -> None:
    limit = channel_limits.set_limit(house.property_id, uuid4(), wish(house))
    connections.pause(house.connection, "stocktaking")

    send(house)
    assert state(limit.id) is LimitState.SAVED and rules(house) == []
    connections.resume(house.connection)
    send(house)

    assert state(limit.id) is LimitState.ACCEPTED


def test_somebody_elses_channel_and_a_room_type_nobody_mapped_are_refused(house: House) -> None:
    with pytest.raises(NotFound):
        channel_limits.set_limit(house.property_id, uuid4(), wish(house, channel_id=uuid4()))
    with pytest.raises(Refused, match="Map it first"):
        channel_limits.set_limit(house.property_id, uuid4(), wish(house, room_types=(uuid4(),)))
