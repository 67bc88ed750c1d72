"""Bringing the limits per channel to the channel manager, each with its own answer."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from portal import tenancy
from portal.db import end_reading, unit_of_work
from portal.domain.channel_limits import WAITING, LimitState, days_of
from portal.extensions import db
from portal.models import Channel, ChannelLimit, Connection, ConnectionState, Duty, SyncStatus, SyncType
from portal.services import channel_limits, connection_state, connectors, duties, switches, sync_runs
from portal.services.connectors import Line
from providers.channel_types import RemoteLimit
from providers.errors import ProviderError, Rejected

_SEND_FROM = (ConnectionState.ACTIVE, ConnectionState.CLOSING)


def send(connection_id: UUID) -> bool:
    """The duty: say every waiting limit of a connection. False when another worker is at it.

    What waits while the connection is paused or may not push stays saved; the sync that follows a resume
    asks for this duty again.
    """
    lease = duties.claim(connection_id, Duty.LIMITS)
    if lease is None:
        return False
    connection = duties.connection(connection_id)
    if connection.state not in _SEND_FROM or not switches.may(connection, "push"):
        duties.done(lease)
        return True
    wanted = [(limit.id, limit.state, _remote(connection, limit)) for limit in _waiting(connection_id)]
    end_reading()
    line = connectors.line_for(connection)
    away: ProviderError | None = None
    for limit_id, state, remote in wanted:
        try:
            answer = _say(line, connection, state, remote)
        except Rejected as refusal:
            _record(limit_id, state, None, str(refusal))
        except ProviderError as error:
            away = error
            break
        else:
            _record(limit_id, state, answer, "")
        duties.keep(lease)
    _write_down(connection, line, len(wanted), away)
    if away is None:
        duties.done(lease)
    else:
        duties.later(lease, str(away), retry_after=getattr(away, "retry_after", None))
    return True


def _say(line: Line, connection: Connection, state: LimitState, remote: RemoteLimit) -> str | None:
    """Set or remove one limit; return its id there. Nothing here reads or writes rows."""
    place = connection.external_property_id or ""
    if state is LimitState.ENDING:
        line.connector.remove_channel_limit(place, remote)
        return None
    return line.connector.set_channel_limit(place, remote)


def _record(limit_id: UUID, was: LimitState, external_id: str | None, refused: str) -> None:
    """Write an answer down. When a person changed their mind while we talked, the next round says so."""
    with unit_of_work():
        limit: ChannelLimit = db.session.get_one(
            ChannelLimit, (tenancy.required(), limit_id), populate_existing=True, with_for_update=True
        )
        limit.sent_at = limit.answered_at = func.clock_timestamp()
        limit.external_id = external_id or limit.external_id
        if limit.state is not was:
            return
        if refused:
            # One that could not be removed still stands there: shown as refused, to be ended again.
            limit.state, limit.answer = LimitState.REFUSED, refused[:500]
        else:
            limit.state = LimitState.ENDED if was is LimitState.ENDING else LimitState.ACCEPTED
            limit.answer = ""
        channel_limits.note(limit, "channel_limit.answered", was)


def _write_down(connection: Connection, line: Line, limits: int, away: ProviderError | None) -> None:
    if not line.calls and away is None:
        return
    with unit_of_work():
        run_id = sync_runs.begin(connection, SyncType.MAPPING_SYNC, "limits", status=SyncStatus.IN_PROGRESS)
        if away is not None:
            connection_state.run_failed(connection, run_id, line.calls, away)
            return
        sync_runs.keep_calls(connection, run_id, line.calls)
        sync_runs.finish(run_id, SyncStatus.COMPLETED, processed=limits)


def _waiting(connection_id: UUID) -> Sequence[ChannelLimit]:
    """What is to be said, in the order it was asked for."""
    return db.session.scalars(
        select(ChannelLimit)
        .where(
            ChannelLimit.organization_id == tenancy.required(),
            ChannelLimit.connection_id == connection_id,
            ChannelLimit.state.in_(WAITING),
        )
        .order_by(ChannelLimit.id)
        .execution_options(populate_existing=True)
    ).all()


def _remote(connection: Connection, limit: ChannelLimit) -> RemoteLimit:
    mapped = {row.room_type_id: row.external_id for row in channel_limits.mapped_rooms(connection.id)}
    channel: Channel = db.session.get_one(Channel, (limit.organization_id, limit.channel_id))
    return RemoteLimit(
        key=str(limit.id),
        external_id=limit.external_id,
        channel_id=channel.external_id,
        kind=limit.kind.value,
        units=limit.units,
        room_type_ids=tuple(sorted(mapped[row.room_type_id] for row in limit.rooms if row.room_type_id in mapped)),
        first=limit.first,
        last=limit.last,
        weekdays=tuple(days_of(limit.weekdays)),
    )
