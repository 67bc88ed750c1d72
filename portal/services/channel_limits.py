"""Limits per channel: saved by a person, brought to the channel manager by `channel_limit_push`, taken back so too.

Until the channel manager has accepted one, its OTA is shown everything that is free. Our own numbers do not
move: a limit changes what one OTA sees, not how many rooms there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import and_, select

from portal import tenancy
from portal.db import unit_of_work
from portal.domain.channel_limits import LASTING, WAITING, LimitKind, LimitState
from portal.extensions import db
from portal.models import (
    Channel,
    ChannelLimit,
    ChannelLimitRoom,
    Connection,
    ConnectionState,
    Duty,
    RoomMapping,
)
from portal.services import audit, duties
from portal.services.errors import NotFound, Refused
from providers.registry import connector_class

ABILITY = "set_channel_limit"


@dataclass(frozen=True)
class Wish:
    """What a person asks for: `room_types` of the property, nights both included."""

    channel_id: UUID
    kind: LimitKind
    units: int
    first: date
    last: date | None
    weekdays: int
    room_types: tuple[UUID, ...]


def channels_with_limits(property_id: UUID) -> Sequence[Channel]:
    """The OTAs of the property whose channel manager can limit them, by code."""
    able = [kind for kind in _providers(property_id) if ABILITY in connector_class(kind).capabilities]
    return db.session.scalars(
        select(Channel)
        .join(
            Connection,
            and_(Connection.organization_id == Channel.organization_id, Connection.id == Channel.connection_id),
        )
        .where(
            Channel.organization_id == tenancy.required(),
            Connection.property_id == property_id,
            Connection.provider.in_(able),
            Connection.state != ConnectionState.DISCONNECTED,
        )
        .order_by(Channel.code, Channel.id)
    ).all()  # fmt: skip


def listed(property_id: UUID) -> Sequence[ChannelLimit]:
    """The limits that stand or are on their way, newest first."""
    return db.session.scalars(
        select(ChannelLimit)
        .where(
            ChannelLimit.organization_id == tenancy.required(),
            ChannelLimit.property_id == property_id,
            ChannelLimit.state != LimitState.ENDED,
        )
        .order_by(ChannelLimit.id.desc())
    ).all()


def find(property_id: UUID, limit_id: UUID) -> ChannelLimit:
    """A limit of the property that has not ended. Raises `NotFound`."""
    found = next((each for each in listed(property_id) if each.id == limit_id), None)
    if found is None:
        raise NotFound(f"channel limit {limit_id}")
    return found


def set_limit(property_id: UUID, key: UUID, wish: Wish) -> ChannelLimit:
    """Save a limit and have it sent. The same `key` again gives the limit that is there: a double click makes one.

    Raises `NotFound` for a channel that is not the property's, `Refused` for room types the channel manager
    does not know or when the same channel, rooms and nights are limited in the same way already.
    """
    existing = db.session.get(ChannelLimit, (tenancy.required(), key))
    if existing is not None and existing.property_id == property_id:
        return existing
    channel = next((each for each in channels_with_limits(property_id) if each.id == wish.channel_id), None)
    if channel is None:
        raise NotFound(f"channel {wish.channel_id}")
    if not set(wish.room_types) <= {row.room_type_id for row in mapped_rooms(channel.connection_id)}:
        raise Refused("This room type is not known at the channel manager. Map it first.", field="room_types")
    with unit_of_work():
        limit = ChannelLimit(
            id=key, property_id=property_id, connection_id=channel.connection_id, channel_id=channel.id,
            kind=wish.kind, units=0 if wish.kind is LimitKind.CLOSED else wish.units, first=wish.first, last=wish.last,
            weekdays=wish.weekdays, made_by=audit.actor().name,
            rooms=[ChannelLimitRoom(limit_id=key, room_type_id=each) for each in wish.room_types],
        )  # fmt: skip
        db.session.add(limit)
        _ask(limit)
        audit.record(
            "channel_limit.set", "channel_limit", key,
            {"channel": (None, channel.code), "kind": (None, wish.kind.value), "units": (None, limit.units)},
            property_id=property_id,
        )  # fmt: skip
    return limit


def end(limit: ChannelLimit) -> None:
    """Take a limit back: the OTA is shown everything that is free again, once the channel manager accepted that."""
    if limit.state not in LASTING:
        return
    with unit_of_work():
        before = limit.state
        limit.state = LimitState.ENDING
        _ask(limit)
        note(limit, "channel_limit.ended", before)


def send_again(limit: ChannelLimit) -> None:
    """Send a refused limit once more."""
    if limit.state is not LimitState.REFUSED:
        return
    with unit_of_work():
        limit.state, limit.answer = LimitState.SAVED, ""
        _ask(limit)


def mapped_rooms(connection_id: UUID) -> Sequence[RoomMapping]:
    """The room types the channel manager knows."""
    return db.session.scalars(
        select(RoomMapping).where(
            RoomMapping.organization_id == tenancy.required(), RoomMapping.connection_id == connection_id
        )
    ).all()


def _providers(property_id: UUID) -> Sequence[str]:
    return db.session.scalars(
        select(Connection.provider).where(
            Connection.organization_id == tenancy.required(), Connection.property_id == property_id
        )
    ).all()


def wake(connection_id: UUID) -> None:
    """Have what waits said, when there is any: the connection may speak again. A helper, inside a unit of work."""
    waiting = select(ChannelLimit.id).where(
        ChannelLimit.organization_id == tenancy.required(),
        ChannelLimit.connection_id == connection_id,
        ChannelLimit.state.in_(WAITING),
    )
    if db.session.scalar(waiting.limit(1)) is not None:
        duties.request(connection_id, Duty.LIMITS)


def _ask(limit: ChannelLimit) -> None:
    duties.create(limit.connection_id)  # connections made before limits were there have no such duty yet
    duties.request(limit.connection_id, Duty.LIMITS)


def note(limit: ChannelLimit, what: str, before: LimitState) -> None:
    """Write a change of state into the audit log; a helper, inside a unit of work."""
    audit.record(
        what, "channel_limit", limit.id, {"state": (before.value, limit.state.value)}, property_id=limit.property_id
    )
