"""What has to go out: marking calendars as changed, in the transaction that changes them.

A mark widens one row per mapping and connection; nothing is sent here (see `services.push`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import Range

from portal import queue, tenancy
from portal.db import LANES, before_commit, notes
from portal.domain.nights import ONE_NIGHT, Window, union
from portal.extensions import db, runtime
from portal.services import audit

ALL: tuple[UUID, ...] = ()
"""Stands for every room type, or every rate plan, of the property."""

_PENDING = "lane_marks"

_LOCK = text(
    "select id from lanes where organization_id = :organization and property_id = :property order by id for update"
)
# Locked in one order, so that two use cases that touch the same lanes wait in line.
_MARK = text(
    """
    update lanes set
        version = version + 1,
        dirty = dirty + cast(:nights as datemultirange),
        forgotten = case when connection_id = :origin or :forget_everywhere
                    then forgotten + cast(:nights as datemultirange) else forgotten end,
        dirty_since = coalesce(dirty_since, clock_timestamp()),
        due_at = case
            when :urgent then least(due_at, clock_timestamp())
            when due_at <= clock_timestamp() then due_at
            else least(clock_timestamp() + make_interval(secs => :debounce),
                       coalesce(dirty_since, clock_timestamp()) + make_interval(secs => :debounce_limit)) end,
        correlation_id = :correlation,
        causes = case when jsonb_array_length(causes) >= 20 or causes ? :cause or :cause = '' then causes
                 else causes || to_jsonb(cast(:cause as text)) end
    from (
        select id from lanes
        where organization_id = :organization and property_id = :property
          and ((:all_rooms and room_type_id is not null) or room_type_id = any(:room_types)
               or (:all_plans and rate_plan_id is not null) or rate_plan_id = any(:rate_plans))
        order by id for update
    ) as chosen
    where lanes.organization_id = :organization and lanes.id = chosen.id
    returning lanes.connection_id
    """
)


def mark(
    property_id: UUID,
    *,
    room_types: Iterable[UUID] | None = None,
    rate_plans: Iterable[UUID] | None = None,
    windows: Sequence[Window],
    urgent: bool = False,
    cause: str = "",
    forget_connection: UUID | None = None,
    forget_everywhere: bool = False,
) -> None:
    """Mark the lanes of these room types (availability) and rate plans on every connection.

    Runs as one of the last statements of the running unit of work. `urgent` skips the debounce: a
    closing must not wait for more edits. `cause` is a few words for the night's trace, such as
    "booking BDC-440011". `forget_connection` is the connection whose provider may have changed these
    nights by itself: what it acknowledged there is void and goes out again even when it is equal.
    """
    nights = multirange(windows)
    if not nights:
        return
    kinds = {
        "all_rooms": room_types is ALL,
        "room_types": list(room_types or ()),
        "all_plans": rate_plans is ALL,
        "rate_plans": list(rate_plans or ()),
    }
    values = {
        **kinds,
        "organization": tenancy.required(),
        "property": property_id,
        "nights": nights,
        "origin": forget_connection,
        "forget_everywhere": forget_everywhere,
        "urgent": urgent,
        "cause": cause[:120],
        "correlation": audit.actor().correlation_id,
        "debounce": runtime.settings.sync_debounce_seconds,
        "debounce_limit": runtime.settings.sync_debounce_limit_seconds,
    }
    pending: list[dict[str, object]] = notes().setdefault(_PENDING, [])
    if not pending:
        before_commit(LANES, _mark_all)
    pending.append(values)


def _mark_all() -> None:
    """Lock every lane the use case touches in one order, then mark: no two use cases wait in a circle."""
    pending: list[dict[str, object]] = notes().pop(_PENDING)
    if len(pending) > 1:
        for property_id in sorted({str(values["property"]) for values in pending}):
            db.session.execute(_LOCK, {"organization": tenancy.required(), "property": property_id})
    for values in pending:
        connections = set(db.session.execute(_MARK, values).scalars())
        if values["urgent"]:
            for connection_id in connections:
                queue.ring("push", tenancy.required(), connection_id, urgent=True)


def multirange(windows: Sequence[Window]) -> str:
    """The windows as PostgreSQL writes a datemultirange: half-open, merged. Empty for none."""
    if not windows:
        return ""
    return "{" + ",".join(f"[{window.first},{window.last + ONE_NIGHT})" for window in union(*windows)) + "}"


def windows_of(ranges: Iterable[Range[date]] | None) -> list[Window]:
    """The closed windows of a datemultirange column. One without an end reaches as far as dates do."""
    return [
        Window(part.lower or date.min, part.upper - ONE_NIGHT if part.upper else date.max)
        for part in ranges or ()
        if not part.isempty
    ]
