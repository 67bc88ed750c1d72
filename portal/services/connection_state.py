"""The state of a connection and of the OTAs behind it, changed in one place, always with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update

from portal import tenancy
from portal.db import now, unit_of_work
from portal.domain.problems import Category, Trouble
from portal.extensions import db
from portal.models import Channel, ChannelState, Connection, ConnectionState, Incident, Lane, SyncStatus
from portal.services import audit, incidents, provider_feeds, sync_runs
from providers.channel_types import RemoteChannel
from providers.errors import AuthFailed, NotFound, ProviderError, RateLimited, Retryable
from providers.http import Call
from providers.types import LaneKind


def change(connection: Connection, state: ConnectionState, reason: str) -> None:
    """Move the connection to a state and say why; a helper, inside a unit of work.

    A broken connection makes no more calls until a person repairs it: a refused credential is never
    tried in a loop. What the lanes want is kept.
    """
    before, before_reason = connection.state, connection.state_reason
    if before == state:
        return
    db.session.execute(
        update(Connection)
        .where(Connection.organization_id == connection.organization_id, Connection.id == connection.id)
        .values(state=state, state_reason=reason[:300])
        .execution_options(synchronize_session="fetch")
    )
    audit.record(
        "connection.state",
        "connection",
        connection.id,
        {"state": (str(before), state.value), "reason": (before_reason, reason[:300])},
        property_id=connection.property_id,
    )


def end_if_closed(connection_id: UUID) -> None:
    """Call a closing connection ended once the provider has accepted that nothing is for sale."""
    closing = select(Connection).where(
        Connection.organization_id == tenancy.required(),
        Connection.id == connection_id,
        Connection.state == ConnectionState.CLOSING,
    )
    connection: Connection | None = db.session.scalar(closing.execution_options(populate_existing=True))
    if connection is None:
        return
    open_lanes = db.session.scalar(
        select(func.count()).where(
            Lane.organization_id == tenancy.required(),
            Lane.connection_id == connection_id,
            Lane.kind == LaneKind.AVAILABILITY,
            (Lane.due_at.is_not(None)) | (text("refused <> '[]'")),
        )
    )
    if not open_lanes:
        with unit_of_work():
            change(connection, ConnectionState.DISCONNECTED, "")
            connection.disconnected_at = func.clock_timestamp()


def report(connection: Connection, error: ProviderError) -> None:
    """Open what a person needs to know of a failed call; a helper, inside a unit of work."""
    if isinstance(error, RateLimited):
        return
    if isinstance(error, AuthFailed):
        change(connection, ConnectionState.BROKEN, str(error))
        trouble, category = Trouble.CREDENTIAL_REFUSED, Category.AUTH_ERROR
    elif isinstance(error, NotFound):
        change(connection, ConnectionState.BROKEN, str(error))
        trouble, category = Trouble.PROPERTY_GONE, Category.MAPPING_ERROR
    elif isinstance(error, Retryable):
        trouble, category = Trouble.PROVIDER_AWAY, Category.SYNC_FAILED
        provider_feeds.probe_soon(connection.provider)
    else:
        trouble, category = Trouble.ANSWER_UNCLEAR, Category.SYNC_FAILED
    incidents.opened(trouble, category, connection.property_id, connection.id, facts={"reason": str(error)[:300]})


def run_failed(
    connection: Connection,
    run_id: UUID,
    calls: Sequence[Call],
    error: ProviderError,
    summary: dict[str, Any] | None = None,
) -> None:
    """End a run that the provider's answer ended: its calls, its reason, what a person must know. A helper."""
    sync_runs.keep_calls(connection, run_id, calls)
    sync_runs.finish(run_id, SyncStatus.FAILED, category=error.category, error=str(error), summary=summary)
    report(connection, error)


def take_channels(connection: Connection, found: Iterable[RemoteChannel]) -> None:
    """Write down the OTAs as the channel manager reports them; a helper, inside a unit of work."""
    rows = db.session.scalars(
        select(Channel).where(
            Channel.organization_id == connection.organization_id, Channel.connection_id == connection.id
        )
    )
    known = {row.external_id: row for row in rows}
    troubled = _troubled(connection)
    seen = set()
    for remote in found:
        seen.add(remote.external_id)
        row = known.get(remote.external_id)
        if row is None:
            row = Channel(connection_id=connection.id, external_id=remote.external_id, code=remote.code[:8])
            db.session.add(row)
        _take(connection, row, remote, troubled.get(remote.external_id, ""))
    for external_id, row in known.items():
        if external_id not in seen and row.state is not ChannelState.DISCONNECTED:
            row.state, row.disconnected_at = ChannelState.DISCONNECTED, func.clock_timestamp()


def _troubled(connection: Connection) -> dict[str, str]:
    """Channel → what its OTA could not take, as an event said. It stands until the incident is closed."""
    rows = db.session.scalars(
        select(Incident.facts).where(
            Incident.organization_id == connection.organization_id,
            Incident.connection_id == connection.id,
            Incident.message == Trouble.OTA_SYNC_ERROR.value,
            Incident.resolved_at.is_(None),
        )
    )
    errors = [facts for facts in rows if facts.get("event") == "sync_error" and facts.get("channel_id")]
    return {facts["channel_id"]: facts.get("error_type") or "sync_error" for facts in errors}


def _take(connection: Connection, row: Channel, remote: RemoteChannel, trouble: str) -> None:
    before = row.state
    error = remote.error or trouble
    row.title, row.error = remote.title[:200], error[:500]
    row.last_sync_at = func.clock_timestamp()
    if remote.active and error:
        row.state = ChannelState.ERROR
    elif remote.active:
        row.state = ChannelState.CONNECTED
    else:
        row.state = ChannelState.DISCONNECTED if row.connected_at else ChannelState.PENDING
    if row.state is before:
        return
    if row.state is ChannelState.CONNECTED:
        row.connected_at = func.clock_timestamp()
    if row.state is ChannelState.DISCONNECTED:
        row.disconnected_at = func.clock_timestamp()
    audit.record(
        "channel.state",
        "channel",
        row.id,
        {"state": (str(before) if before else None, row.state.value), "channel": (remote.code, remote.code)},
        property_id=connection.property_id,
    )


def stamp() -> str:
    """The database's time as text, for a JSON field."""
    return now().isoformat()
