"""What a run's row does not say itself: what it spoke of, whether it was made up for, when it is tried again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import String, cast, func, select, text

from portal import tenancy
from portal.extensions import db
from portal.models import Duty, DutyRow, Lane, RatePlan, RoomType, Send, SyncRun, SyncStatus, SyncType

# A push of either type makes up for a failed one of the other.
_SENDING = (SyncType.ARI_PUSH, SyncType.FULL_SYNC)
_REFUSALS = ("partly", "refused")
_DUTY_OF = {
    SyncType.ARI_PUSH: Duty.PUSH,
    SyncType.FULL_SYNC: Duty.PUSH,
    SyncType.RESERVATION_PULL: Duty.DRAIN,
    SyncType.ARI_PULL: Duty.PARITY,
    SyncType.MAPPING_SYNC: Duty.PROVISION,
    SyncType.RESERVATION_PUSH: Duty.PUSH,
}


@dataclass(frozen=True)
class About:
    """What a run's row does not say itself."""

    rooms: Sequence[str] = ()  # names of the room types it spoke of
    plans: Sequence[str] = ()  # "room type · plan", of its rate plans
    refusals: bool = False  # something was understood and refused
    still_refused: bool = False  # and nothing else has been accepted for it since
    made_up: bool = False  # a later run of its kind went well
    retry_at: datetime | None = None


def about(runs: Sequence[SyncRun]) -> dict[UUID, About]:
    """The names, refusals and prospects of these runs, in three questions for all of them."""
    if not runs:
        return {}
    spoken = _spoken(runs)
    good = _last_good(runs)
    retries = _retries(runs)
    found = {}
    for run in runs:
        newest = good.get((run.connection_id, _kind(run.type)), "")
        made_up = newest > str(run.id)
        retry = None if made_up else retries.get((run.connection_id, _DUTY_OF[run.type]))
        found[run.id] = replace(spoken.get(run.id, About()), made_up=made_up, retry_at=retry)
    return found


def _spoken(runs: Sequence[SyncRun]) -> dict[UUID, About]:
    rows = db.session.execute(
        select(
            Send.sync_run_id,
            func.array_agg(RoomType.name.distinct()).label("rooms"),
            func.array_agg((RoomType.name + " · " + RatePlan.name).distinct()).label("plans"),
            func.bool_or(Send.verdict.in_(_REFUSALS)).label("refusals"),
            func.bool_or(text("lanes.refused <> '[]'") & Send.verdict.in_(_REFUSALS)).label("still_refused"),
        )
        .join(Lane, (Lane.organization_id == Send.organization_id) & (Lane.id == Send.lane_id))
        .outerjoin(RatePlan, (RatePlan.organization_id == Lane.organization_id) & (RatePlan.id == Lane.rate_plan_id))
        .outerjoin(
            RoomType,
            (RoomType.organization_id == Lane.organization_id)
            & (RoomType.id == func.coalesce(Lane.room_type_id, RatePlan.room_type_id)),
        )
        .where(Send.organization_id == tenancy.required(), Send.sync_run_id.in_([run.id for run in runs]))
        .group_by(Send.sync_run_id)
    )
    return {
        row.sync_run_id: About(
            [name for name in row.rooms if name],
            [name for name in row.plans if name],
            bool(row.refusals),
            bool(row.still_refused),
        )
        for row in rows
    }


def _last_good(runs: Sequence[SyncRun]) -> dict[tuple[UUID, str], str]:
    """The newest run that went well, for each connection and kind, as the text of its id: those sort by time."""
    bad = [run for run in runs if run.status in (SyncStatus.FAILED, SyncStatus.PARTIAL)]
    if not bad:
        return {}
    rows = db.session.execute(
        select(SyncRun.connection_id, SyncRun.type, func.max(cast(SyncRun.id, String)).label("newest"))
        .where(
            SyncRun.organization_id == tenancy.required(),
            SyncRun.connection_id.in_({run.connection_id for run in bad}),
            SyncRun.id > min(run.id for run in bad),
            SyncRun.status == SyncStatus.COMPLETED,
        )
        .group_by(SyncRun.connection_id, SyncRun.type)
    )
    found: dict[tuple[UUID, str], str] = {}
    for row in rows:
        key = (row.connection_id, _kind(row.type))
        found[key] = max(found.get(key, ""), row.newest)
    return found


def _retries(runs: Sequence[SyncRun]) -> dict[tuple[UUID, Duty], datetime]:
    rows = db.session.scalars(
        select(DutyRow).where(
            DutyRow.organization_id == tenancy.required(),
            DutyRow.connection_id.in_({run.connection_id for run in runs}),
            DutyRow.attempts > 0,
            DutyRow.retry_at.is_not(None),
        )
    )
    return {(row.connection_id, row.duty): row.retry_at for row in rows if row.retry_at}


def _kind(type: SyncType) -> str:
    return "sending" if type in _SENDING else type.value
