"""Full sync: forget what was acknowledged and send the whole horizon. For Channex, two calls."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text

from portal.db import now, unit_of_work
from portal.domain.nights import ONE_NIGHT, local_time_to_utc
from portal.extensions import db, runtime
from portal.models import Connection, Duty, SyncRun, SyncStatus, SyncType
from portal.services import audit, duties, horizon, lanes, sync_runs

BUSINESS_BEGINS, BUSINESS_ENDS = 8, 20  # hours of the property's day
SPREAD_MINUTES = 50  # properties of one hour are spread, so that 3:00 is not a storm


def request(connection: Connection, trigger: str = "person") -> UUID:
    """Ask for a full sync and return its run, which shows the progress."""
    with unit_of_work():
        run_id = begin(connection, trigger)
        audit.record("connection.full_sync", "connection", connection.id, property_id=connection.property_id)
    return run_id


def start(connection_id: UUID) -> bool:
    """The daily duty: the same request, and the next day's time. False when another worker is at it."""
    lease = duties.claim(connection_id, Duty.FULL_SYNC)
    if lease is None:
        return False
    connection = duties.connection(connection_id)
    with unit_of_work():
        begin(connection, "schedule")
    duties.done(lease, next_at=next_time(connection))
    return True


def begin(connection: Connection, trigger: str, *, prove: bool = False) -> UUID:
    """A helper, inside a unit of work: every lane forgets, and the push carries it all.

    One that still waits is joined: two full syncs at once would send everything twice. `prove`: the calendar is
    read back as soon as everything is sent.
    """
    waiting = db.session.scalar(
        select(SyncRun.id)
        .where(
            SyncRun.organization_id == connection.organization_id,
            SyncRun.connection_id == connection.id,
            SyncRun.type == SyncType.FULL_SYNC,
            SyncRun.status == SyncStatus.PENDING,
        )
        .order_by(SyncRun.id.desc())
        .limit(1)
    )
    run_id = waiting or sync_runs.begin(connection, SyncType.FULL_SYNC, trigger, status=SyncStatus.PENDING)
    forget_everything(connection)
    duties.request(connection.id, Duty.PUSH, {"run_id": str(run_id), **({"prove": True} if prove else {})})
    return run_id


def forget_everything(connection: Connection) -> None:
    """Nothing is known of what the provider holds: its whole horizon is due; a helper, inside a unit of work."""
    db.session.execute(
        text(
            """
            update lanes set version = version + 1, dirty = cast(:nights as datemultirange),
                forgotten = '{(,)}', refused = '[]', due_at = clock_timestamp(),
                dirty_since = coalesce(dirty_since, clock_timestamp())
            from (select id from lanes where organization_id = :organization and connection_id = :connection
                  order by id for update) as mine
            where lanes.organization_id = :organization and lanes.id = mine.id
            """
        ),
        {
            "nights": lanes.multirange([horizon.window(connection)]),
            "organization": connection.organization_id,
            "connection": connection.id,
        },
    )


def look_for_differences(connection_id: UUID) -> bool:
    """The hourly duty: compare what prices should be with what was accepted, and ask again for what was refused of
    anything. Usually nothing differs, and nothing is said. False when another worker is at it."""
    lease = duties.claim(connection_id, Duty.RATES)
    if lease is None:
        return False
    connection = duties.connection(connection_id)
    with unit_of_work():
        db.session.execute(
            text(
                """
                update lanes set version = version + 1, dirty = dirty + cast(:nights as datemultirange),
                    refused = '[]', due_at = least(due_at, clock_timestamp()),
                    dirty_since = coalesce(dirty_since, clock_timestamp())
                from (select id from lanes where organization_id = :organization and connection_id = :connection
                      and (kind = 'rates' or refused <> '[]') order by id for update) as mine
                where lanes.organization_id = :organization and lanes.id = mine.id
                """
            ),
            {
                "nights": lanes.multirange([horizon.window(connection)]),
                "organization": connection.organization_id,
                "connection": connection.id,
            },
        )
    duties.done(lease, next_at=next_business_hour(connection))
    return True


def next_business_hour(connection: Connection) -> datetime:
    """An hour from now, or when business begins again, in the property's own time."""
    zone, moment = horizon.zone(connection), now()
    local = moment.astimezone(ZoneInfo(zone)) + timedelta(hours=1)
    if BUSINESS_BEGINS <= local.hour < BUSINESS_ENDS:
        return moment + timedelta(hours=1)
    day = local.date() if local.hour < BUSINESS_BEGINS else local.date() + ONE_NIGHT
    return local_time_to_utc(day, time(BUSINESS_BEGINS, connection.id.int % SPREAD_MINUTES), zone)


def next_time(connection: Connection) -> datetime:
    """Tomorrow at the property's own full-sync hour, a few minutes on, the same every day."""
    minute = connection.id.int % SPREAD_MINUTES
    tomorrow = horizon.today(connection) + ONE_NIGHT
    return local_time_to_utc(tomorrow, time(runtime.settings.full_sync_hour, minute), horizon.zone(connection))
