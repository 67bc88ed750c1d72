"""Sending what the lanes want: read, talk, record.

One pusher per connection (the duty's lease), because a provider applies in order. Values are
absolute, so sending twice is harmless; what is unknown after a broken line is forgotten and sent again.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select

from portal import tenancy
from portal.db import end_reading, now, unit_of_work
from portal.extensions import db
from portal.models import Connection, ConnectionState, Duty, SyncStatus, SyncType
from portal.services import (
    audit,
    connection_state,
    connectors,
    duties,
    poll,
    push_record,
    push_verdicts,
    remote_closings,
    reservation_push_work,
    reservation_pushes,
    switches,
    sync_runs,
)
from portal.services.push_batch import Batch, read
from providers.errors import NotFound, ProviderError, RateLimited, Rejected, Retryable
from providers.types import LaneKind, PushResult

log = structlog.get_logger()


def push(connection_id: UUID, *, trigger: str = "change") -> bool:
    """Send what is due on one connection until nothing is. False while another worker is at it, or it is off."""
    held_back = _held_back(connection_id)
    end_reading()
    lease = None if held_back else duties.claim(connection_id, Duty.PUSH)
    if lease is None:
        return False
    asked = lease.request.get("run_id")
    full_run = UUID(asked) if asked else None
    try:
        while (batch := _next(lease)) is not None:
            end_reading()
            with audit.following(batch.correlation_id()):
                _send(lease, batch, full_run, trigger if lease.attempts == 0 else "retry")
            full_run = None
            duties.keep(lease)
            if duties.handing_over.is_set():
                break
        end_reading()
        connection_state.end_if_closed(connection_id)
        duties.done(lease, next_at=_next_try(duties.connection(connection_id)))
        if lease.request.get("prove"):
            with unit_of_work():
                duties.request(connection_id, Duty.PARITY)
    except duties.LeaseLost:
        log.warning("push_lease_lost", connection_id=str(connection_id))
    except ProviderError as error:
        _give_back(lease, error)
    return True


def _next(lease: duties.Lease) -> Batch | None:
    """The next calendars to send, after what is mapped no more was taken off sale, and after the reservations: a
    booking that changes there moves the numbers of its nights by itself, and the calendar has the last word."""
    connection = duties.connection(lease.connection_id)
    end_reading()
    remote_closings.send(lease, connection)
    reservation_push_work.send(lease, connection)
    return read(lease.connection_id)


def _next_try(connection: Connection) -> datetime | None:
    """When to come back for what was refused or not answered, if nothing else calls before."""
    times = (remote_closings.next_try(connection), reservation_pushes.next_try(connection.id))
    return min((each for each in times if each is not None), default=None)


def _held_back(connection_id: UUID) -> bool:
    """Switched off by somebody, or not yet set up: what there is to send waits. Closing asks no switches."""
    connection: Connection | None = db.session.scalar(
        select(Connection).where(Connection.organization_id == tenancy.required(), Connection.id == connection_id)
    )
    if connection is None or connection.state is ConnectionState.CLOSING:
        return False
    if connection.state is ConnectionState.SETTING_UP:
        return True  # what was sold there before is not known yet
    return not switches.may(connection, "push") or _reads_first(connection)


def _reads_first(connection: Connection) -> bool:
    """After a pause what was sold meanwhile is not known: its nights must not be opened before it is read.

    Where reading fails nobody waits for it: closings matter more.
    """
    if not poll.is_polled(connection) or not switches.may(connection, "pull") or not poll.is_behind(connection, now()):
        return False
    return duties.failures(connection.id, Duty.DRAIN) == 0


def _send(lease: duties.Lease, batch: Batch, full_run: UUID | None, trigger: str) -> None:
    """Talk and record, in the full sync's run or in one of its own."""
    if not batch.cells():
        with unit_of_work():
            push_record.clean(batch)
            if full_run is not None:
                sync_runs.finish(full_run, SyncStatus.COMPLETED, summary={"calls": 0})
        return
    if full_run is not None:
        sync_runs.progress(full_run, {"cells": batch.cells(), "lanes": len(batch.lanes)})
        run_id = full_run  # every lane has forgotten everything already
    else:
        with unit_of_work():
            push_record.on_its_way(batch)
            run_id = sync_runs.begin(
                batch.connection,
                SyncType.ARI_PUSH,
                trigger,
                attempt=lease.attempts + 1,
                status=SyncStatus.IN_PROGRESS,
            )
    talk(lease, batch, run_id)


def talk(lease: duties.Lease, batch: Batch, run_id: UUID) -> None:
    """Make the calls of one batch and write down every answer. Raises the provider's error, recorded."""
    line = connectors.line_for(batch.connection, urgent=any(lane.lowers for lane in batch.lanes))
    external_id = batch.connection.external_property_id or ""
    results: list[PushResult] = []
    try:
        for kind in (LaneKind.AVAILABILITY, LaneKind.RATES):
            changes = batch.changes(kind)
            if not changes:
                continue
            try:
                results.append(line.connector.push_calendar(external_id, kind, changes, batch.rooms(kind)))
            except Rejected as error:
                if isinstance(error, NotFound):
                    raise
                results.append(push_verdicts.all_refused(changes, str(error)))
            duties.keep(lease)
    except duties.LeaseLost:
        # Another pusher may have sent newer values before ours arrived: nobody knows which won.
        push_record.forget(batch)
        raise
    except ProviderError as error:
        push_record.failure(batch, run_id, line, results, error)
        raise
    push_record.success(lease, batch, run_id, line, results)


def _give_back(lease: duties.Lease, error: ProviderError) -> None:
    """Decide when the duty is tried again, or that a person has to do something first."""
    if isinstance(error, RateLimited):
        duties.later(lease, str(error), retry_after=error.retry_after, counts=False)
    elif isinstance(error, Retryable):
        duties.later(lease, str(error), retry_after=error.retry_after)
    else:
        # A refused credential or a vanished property is closed by `push_record`; an answer nobody
        # understands is tried again slowly, because what it did is unknown.
        duties.later(lease, str(error), retry_after=duties.SLOW[0])
