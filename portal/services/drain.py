"""Reading what came in for one connection: deliveries, then the feed, then each booking by itself.

One worker at a time per connection. One bad message never delays the next: each has its own
transaction, and one that killed its worker three times is set aside.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic, sleep
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError

from portal import queue, tenancy
from portal.db import end_reading, now, unit_of_work
from portal.domain.problems import Category, Trouble
from portal.extensions import db
from portal.models import Connection, ConnectionState, Duty, InboxMessage, InboxState, SyncStatus, SyncType
from portal.services import (
    audit,
    bookings,
    connection_state,
    connectors,
    duties,
    events,
    feed,
    incidents,
    poll,
    switches,
    sync_runs,
)
from providers.errors import AuthFailed, Malformed, ProviderError, RateLimited
from providers.registry import connector_class

log = structlog.get_logger()

BATCH = 50
MOST_STARTS = 3
AWAY_WAITS = (0.2, 1.0, 3.0, 6.0)  # seconds between tries to reach the database again
READING = (ConnectionState.ACTIVE, ConnectionState.CLOSING)
PATIENCE = 25.0  # seconds one bell works before it lets others at the queue


def drain(connection_id: UUID) -> bool:
    """Do all that waits for one connection. False when another worker is at it."""
    lease = duties.claim(connection_id, Duty.DRAIN)
    if lease is None:
        return False
    try:
        connection = duties.connection(connection_id)
        error = _rounds(lease, connection)
        if error is None:
            duties.done(lease, next_at=poll.next_time(connection) if poll.is_polled(connection) else None)
        else:
            _later(lease, connection, error)
    except duties.LeaseLost:
        log.warning("drain_lease_lost", connection_id=str(connection_id))
    except DBAPIError as error:
        log.warning("drain_database_away", connection_id=str(connection_id), reason=type(error.orig).__name__)
        _clear_names(lease)
    return True


def _rounds(lease: duties.Lease, connection: Connection) -> ProviderError | None:
    """Read and apply until nothing waits or the time is up; return why reading stopped, if it did."""
    until = monotonic() + PATIENCE
    wanted = bool(lease.request.get("pull"))
    while True:
        batch = events.waiting(connection.id)
        with audit.following(batch.correlation_id):
            error = _read(connection, batch, pull="person" if wanted else "schedule" if _is_time(connection) else "")
        # Switched off, what the account's feed brings is kept and waits; nothing of it is lost.
        while switches.may(connection, "pull") and apply_some(lease, connection):
            if monotonic() > until or duties.handing_over.is_set():
                queue.ring_now(Duty.DRAIN.value, connection.organization_id, connection.id)
                return error
        events.finish(connection, batch, error)
        if error is not None or not batch or monotonic() > until or duties.handing_over.is_set():
            return error
        wanted = False
        duties.keep(lease)


def _read(connection: Connection, batch: events.Batch, *, pull: str) -> ProviderError | None:
    """Ask the provider for what the deliveries announced, and for all there is when `pull` says who wants it: a
    person, or the schedule. Its absence delays nothing that is here."""
    announced = batch.announced if connection.webhooks_enabled else []  # else the schedule reads in its own time
    if not (pull or announced) or not connection.external_property_id:
        return None
    polled = poll.is_polled(connection)
    if not switches.may(connection, "pull") or (polled and connection.state not in READING):
        return None
    with unit_of_work():
        run_id = sync_runs.begin(
            connection,
            SyncType.RESERVATION_PULL,
            pull or "webhook",
            status=SyncStatus.IN_PROGRESS,
        )
    line = connectors.line_for(connection, urgent=pull != "schedule")
    if polled:
        pulled = _ask(connection, line, batch.bookings if connection.webhooks_enabled else (), pull=bool(pull))
    else:
        pulled = _feed(connection, line, announced)
    error = pulled.error
    with unit_of_work():
        if pull == "schedule" and error is None and not announced and not pulled.stored:
            sync_runs.nothing_new(connection, run_id, line.calls)
            return None
        sync_runs.keep_calls(connection, run_id, line.calls)
        sync_runs.finish(
            run_id,
            SyncStatus.COMPLETED if error is None else SyncStatus.FAILED,
            processed=pulled.stored,
            category=error.category if error else "",
            error=str(error) if error else "",
            summary={"messages": pulled.stored, "acknowledged": pulled.acknowledged, "calls": len(line.calls)},
        )
    return pulled.error


def _feed(connection: Connection, line: connectors.Line, announced: Sequence[str]) -> feed.Pulled:
    """Read the feed to its end, and fetch what was announced and is not in it."""
    pulled = feed.pull_connection(connection, line, "webhook" if announced else "feed")
    if pulled.error is None:
        try:
            pulled.stored += feed.fetch_missing(connection, line, events.not_here(connection.id, announced))
        except Malformed:
            log.warning("announced_revision_unreadable", connection_id=str(connection.id))
        except ProviderError as failure:
            pulled.error = failure
    return pulled


def _ask(connection: Connection, line: connectors.Line, bookings: Sequence[str], *, pull: bool) -> feed.Pulled:
    """Ask what changed; between two such readings only for the bookings that deliveries named."""
    pulled = feed.Pulled()
    try:
        if pull:
            pulled.stored += poll.changes(connection, line, "poll")
        if bookings:
            pulled.stored += poll.announced(connection, line, bookings)
    except ProviderError as failure:
        pulled.error = failure
    return pulled


def _is_time(connection: Connection) -> bool:
    """Whether the schedule wants this connection's bookings read now. The account's feed has a schedule of its own."""
    return poll.is_polled(connection) and connection.state in READING and poll.is_due(connection, now())


def apply_some(lease: duties.Lease, connection: Connection) -> int:
    """Apply the next messages in the order they came; return how many were taken on.

    Their start is written down first: the first of them that is not finished was in hand when its
    worker died. It is tried alone, and those behind it, which nobody had touched, bear no blame.
    """
    with unit_of_work():
        duties.renew(lease)
        ids = _start(connection.id)
    if not ids:
        return 0
    desk = bookings.desk(connection)
    end_reading()
    for message_id in ids:
        apply_one(desk, message_id)
    queue.ring_now(Duty.PUSH.value, connection.organization_id, connection.id, urgent=True)
    return len(ids)


def _start(connection_id: UUID) -> Sequence[UUID]:
    mine = (
        InboxMessage.organization_id == tenancy.required(),
        InboxMessage.connection_id == connection_id,
        InboxMessage.state == InboxState.RECEIVED,
    )
    waiting = select(InboxMessage.id, InboxMessage.starts).where(*mine).order_by(InboxMessage.id).limit(BATCH)
    rows = db.session.execute(waiting).all()
    if rows and rows[0].starts:
        untouched = [row.id for row in rows[1:] if row.starts]
        if untouched:
            db.session.execute(
                update(InboxMessage)
                .where(InboxMessage.organization_id == tenancy.required(), InboxMessage.id.in_(untouched))
                .values(starts=0)
                .execution_options(synchronize_session=False)
            )
        rows = rows[:1]
    else:
        begun = next((place for place, row in enumerate(rows) if row.starts), len(rows))
        rows = rows[:begun]
    dead = [row.id for row in rows if row.starts >= MOST_STARTS]
    if dead:
        _set_aside(dead, Trouble.MESSAGE_POISON, f"stopped its worker {MOST_STARTS} times")
        return dead
    ids = [row.id for row in rows]
    if ids:
        db.session.execute(
            update(InboxMessage)
            .where(InboxMessage.organization_id == tenancy.required(), InboxMessage.id.in_(ids))
            .values(starts=InboxMessage.starts + 1)
            .execution_options(synchronize_session=False)
        )
    return ids


def _clear_names(lease: duties.Lease) -> None:
    """The database left, the messages did nothing wrong: take back that they were begun, and let go.

    Only this worker could have begun them, and it lives. When the database stays away the lease runs
    out by itself.
    """
    for wait in AWAY_WAITS:
        db.session.rollback()
        try:
            with unit_of_work():
                duties.renew(lease)
                db.session.execute(
                    update(InboxMessage)
                    .where(
                        InboxMessage.organization_id == tenancy.required(),
                        InboxMessage.connection_id == lease.connection_id,
                        InboxMessage.state == InboxState.RECEIVED,
                        InboxMessage.starts > 0,
                    )
                    .values(starts=InboxMessage.starts - 1)
                    .execution_options(synchronize_session=False)
                )
            duties.later(lease, "the database was away", retry_after=0.0, counts=False)
            return
        except DBAPIError:
            sleep(wait)
        except duties.LeaseLost:
            return


def apply_one(desk: bookings.Desk, message_id: UUID) -> None:
    """Apply one message and finish its row in the same transaction; set it aside when it cannot be."""
    try:
        with unit_of_work():
            _apply(desk, message_id)
    except Malformed as error:
        with unit_of_work():
            _set_aside([message_id], Trouble.MESSAGE_UNREADABLE, str(error))
    except (ValueError, TypeError, LookupError, DBAPIError) as error:
        if isinstance(error, DBAPIError) and (error.connection_invalidated or _transient(error)):
            raise
        log.exception("message_failed", message_id=str(message_id))
        with unit_of_work():
            _set_aside([message_id], Trouble.MESSAGE_POISON, type(error).__name__)


def _apply(desk: bookings.Desk, message_id: UUID) -> None:
    message = db.session.scalars(
        select(InboxMessage)
        .where(InboxMessage.organization_id == tenancy.required(), InboxMessage.id == message_id)
        .with_for_update()
    ).one()
    if message.state is not InboxState.RECEIVED:
        return  # another worker was faster, or it was set aside
    revision = connector_class(desk.connection.provider).parse(message.raw or b"")
    if revision.external_property_id != desk.connection.external_property_id:
        raise Malformed("the booking is of another property")
    who = audit.Actor("channel", None, revision.channel_name)
    with audit.acting(who), audit.following(message.correlation_id):
        effect = bookings.apply(desk, revision, message.id)
        message.state = InboxState.HISTORY if effect.outcome in ("older", "repeat", "nothing") else InboxState.APPLIED
        message.outcome = effect.outcome
        message.reservation_id = effect.reservation_id
        message.external_booking_id = revision.external_booking_id
        message.ordering = revision.ordering[:64]
        message.effect = effect.as_json()
        message.finished_at = func.clock_timestamp()


def _set_aside(ids: Sequence[UUID], trouble: Trouble, reason: str) -> None:
    """Keep the messages where people see them; a helper, inside a unit of work."""
    rows = db.session.scalars(
        select(InboxMessage).where(InboxMessage.organization_id == tenancy.required(), InboxMessage.id.in_(ids))
    ).all()
    for row in rows:
        if row.state is not InboxState.RECEIVED:
            continue
        row.state, row.error, row.finished_at = InboxState.QUARANTINED, reason[:500], func.clock_timestamp()
        connection = duties.connection(row.connection_id)
        incidents.opened(
            trouble,
            Category.SYNC_FAILED,
            connection.property_id,
            connection.id,
            about=row.event_key,
            facts={"message_id": str(row.id), "reason": reason[:300]},
        )


def replay(connection_id: UUID, message_id: UUID) -> None:
    """Put a message back in line, as if it came again. Raises `LookupError` when there is none."""
    with unit_of_work():
        message = db.session.scalars(
            select(InboxMessage).where(
                InboxMessage.organization_id == tenancy.required(),
                InboxMessage.connection_id == connection_id,
                InboxMessage.id == message_id,
            )
        ).one()
        message.state, message.starts, message.error = InboxState.RECEIVED, 0, ""
        incidents.closed(Trouble.MESSAGE_UNREADABLE, connection_id, about=message.event_key)
        incidents.closed(Trouble.MESSAGE_POISON, connection_id, about=message.event_key)
        audit.record("message.replayed", "inbox", message.id)
        queue.ring(Duty.DRAIN.value, tenancy.required(), connection_id)


def request_pull(connection_id: UUID) -> None:
    """Ask for the feed to be read now."""
    with unit_of_work():
        duties.request(connection_id, Duty.DRAIN, {"pull": True})


def _later(lease: duties.Lease, connection: Connection, error: ProviderError) -> None:
    with unit_of_work():
        connection_state.report(connection, error)
    counts = not isinstance(error, RateLimited)
    wait = getattr(error, "retry_after", None)
    duties.later(
        lease, str(error), retry_after=duties.SLOW[0] if isinstance(error, AuthFailed) else wait, counts=counts
    )


def _transient(error: DBAPIError) -> bool:
    """Deadlocks, serialization, lost connections: the message is fine, the moment was not."""
    state: Any = getattr(error.orig, "sqlstate", None) or ""
    return state[:2] in ("08", "40", "53", "55", "57", "")
