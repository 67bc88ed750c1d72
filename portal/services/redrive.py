"""Sending again what a provider refused: a person changed something there, or thinks it will be taken now."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select, text

from portal import queue, tenancy
from portal.db import unit_of_work
from portal.domain.nights import Window
from portal.extensions import db
from portal.models import Connection, Duty, Lane, Send
from portal.services import audit, connection_work, lanes
from portal.services.errors import NotFound, Refused

_SEND_AGAIN = text(
    """
    update lanes set refused = '[]', version = version + 1, dirty = dirty + cast(:nights as datemultirange),
        due_at = clock_timestamp(), dirty_since = coalesce(dirty_since, clock_timestamp()),
        causes = case when causes ? :cause then causes else causes || to_jsonb(cast(:cause as text)) end
    where organization_id = :organization and id = :lane
    """
)
CAUSE = "sent again"


def refused_nights(lane: Lane) -> int:
    """How many nights of this calendar the provider refuses now."""
    return sum(int(entry[1]) for entry in lane.refused)


def run(property_id: UUID, run_id: UUID) -> int:
    """Send again every value of this run's calendars that is still refused; return how many nights.

    What is wanted by now goes out, which may be another value. Raises `NotFound` when the property has no
    such run, `Refused` when nothing is refused any more or nothing can be sent.
    """
    with unit_of_work():
        connection, mine = _lanes(property_id, run_id)
        if connection_work.obstacle(connection):
            raise Refused("Nothing can be sent now: the connection is paused, broken or switched off.")
        nights = sum(refused_nights(lane) for lane in mine)
        if not nights:
            raise Refused("Nothing of this is refused any more.")
        for lane in mine:
            _again(lane)
        audit.record("run.sent_again", "sync_run", run_id, {"nights": (None, nights)}, property_id=property_id)
        queue.ring(Duty.PUSH.value, tenancy.required(), connection.id)
    return nights


def _lanes(property_id: UUID, run_id: UUID) -> tuple[Connection, list[Lane]]:
    """The calendars a run spoke of, locked in the order everybody locks them."""
    spoken = select(Send.lane_id).where(Send.organization_id == tenancy.required(), Send.sync_run_id == run_id)
    found = list(
        db.session.scalars(
            select(Lane)
            .where(Lane.organization_id == tenancy.required(), Lane.property_id == property_id, Lane.id.in_(spoken))
            .order_by(Lane.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
    if not found:
        raise NotFound(f"run {run_id}")
    connection = db.session.scalars(
        select(Connection).where(
            Connection.organization_id == tenancy.required(), Connection.id == found[0].connection_id
        )
    ).one()
    return connection, [lane for lane in found if lane.refused]


def _again(lane: Lane) -> None:
    windows = [_window(entry[0], int(entry[1])) for entry in lane.refused]
    db.session.execute(
        _SEND_AGAIN,
        {"nights": lanes.multirange(windows), "cause": CAUSE, "organization": lane.organization_id, "lane": lane.id},
    )


def _window(first: str, nights: int) -> Window:
    start = date.fromisoformat(first)
    return Window(start, start + timedelta(days=nights - 1))
