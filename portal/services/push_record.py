"""Writing down what a push did: per run accepted, refused or unknown; a lane is clean only if nobody
marked it meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, text, update

from portal import tenancy
from portal.db import unit_of_work
from portal.domain import calendar as cal
from portal.domain.nights import ONE_NIGHT, Window
from portal.domain.problems import Category, Trouble
from portal.extensions import db
from portal.models import Lane, Send, SyncStatus
from portal.models.base import new_id
from portal.services import audit, connection_state, duties, incidents, lanes, sync_runs
from portal.services.connectors import Line
from portal.services.push_batch import Batch, LanePlan
from portal.services.push_verdicts import LaneResult, by_lane, first_reason, still_refused
from providers.errors import ProviderError, RateLimited, Retryable
from providers.types import LaneKind, PushResult


def on_its_way(batch: Batch) -> None:
    """What is about to be sent is unknown until it is answered; a helper, inside a unit of work.

    Were the worker to die with the call in the air and the night to go back to what was acknowledged
    before, nothing would differ any more, and the provider would keep what nobody wants.
    """
    for lane in batch.lanes:
        nights = lanes.multirange([Window(run.first, run.last) for run in lane.lowers + lane.runs])
        if nights:
            db.session.execute(
                text(
                    "update lanes set forgotten = forgotten + cast(:nights as datemultirange) "
                    "where organization_id = :organization and id = :lane"
                ),
                {"nights": nights, "organization": tenancy.required(), "lane": lane.id},
            )


def success(lease: duties.Lease, batch: Batch, run_id: UUID, line: Line, results: Sequence[PushResult]) -> None:
    """Every call was answered. Warnings never count as success: those nights stay un-acknowledged."""
    found = by_lane(batch, results)
    with unit_of_work():
        duties.renew(lease)
        sync_runs.keep_calls(batch.connection, run_id, line.calls)
        _keep_sends(batch, run_id, line, found)
        _settle(batch, found)
        _report_refusals(batch, found)
        incidents.closed(Trouble.PROVIDER_AWAY, batch.connection.id)
        incidents.closed(Trouble.ANSWER_UNCLEAR, batch.connection.id)
        _finish_answered(batch, run_id, line, found)


def _finish_answered(batch: Batch, run_id: UUID, line: Line, found: dict[UUID, LaneResult]) -> None:
    """Close a run all of whose calls were answered; a helper, inside a unit of work."""
    refused = sum(len(result.refused) for result in found.values())
    accepted = sum(len(result.accepted) for result in found.values())
    sync_runs.finish(
        run_id,
        SyncStatus.COMPLETED if not refused else SyncStatus.PARTIAL if accepted else SyncStatus.FAILED,
        processed=accepted,
        failed=refused,
        category=Category.SYNC_FAILED.value if refused else "",
        error=first_reason(found),
        summary=_summary(batch, line, found),
    )


def failure(batch: Batch, run_id: UUID, line: Line, results: Sequence[PushResult], error: ProviderError) -> None:
    """A call got no usable answer. What was answered before it counts; what it carried is unknown."""
    found = by_lane(batch, results)
    answered = {lane for lane, result in found.items() if result.rows}
    unanswered = [lane for lane in batch.lanes if lane.id not in answered and (lane.runs or lane.lowers)]
    with unit_of_work():
        sync_runs.keep_calls(batch.connection, run_id, line.calls)
        _keep_sends(batch, run_id, line, found)
        _settle(batch, found)
        if isinstance(error, RateLimited) and not error.call_id:
            # Our own limit: what has not been sent waits its turn, and nothing went wrong.
            if found:
                _finish_answered(batch, run_id, line, found)
            else:
                sync_runs.never_began(run_id, error.retry_after or 0.0)
            return
        if error.call_id and not isinstance(error, RateLimited):
            _keep_unknown(batch, run_id, unanswered, error)
            _forget(batch, unanswered)
        connection_state.report(batch.connection, error)
        sync_runs.finish(
            run_id,
            SyncStatus.FAILED if not found else SyncStatus.PARTIAL,
            processed=sum(len(result.accepted) for result in found.values()),
            failed=sum(_nights(lane) for lane in unanswered),
            category=error.category,
            error=str(error),
            summary=_summary(batch, line, found),
        )


def clean(batch: Batch) -> None:
    """Nothing to say: the provider has these values. A helper, inside a unit of work."""
    _settle(batch, {lane.id: LaneResult() for lane in batch.lanes}, spoken=False)


def forget(batch: Batch) -> None:
    """The nights of this batch are unknown at the provider, and due."""
    with unit_of_work():
        _forget(batch, batch.lanes)


def _settle(batch: Batch, found: dict[UUID, LaneResult], *, spoken: bool = True) -> None:
    """Acknowledge what was accepted; clear the lane if its version did not move since it was read."""
    for lane in batch.lanes:
        if lane.id not in found and (lane.runs or lane.lowers):
            continue  # its call was never answered
        result = found.get(lane.id, LaneResult())
        _acknowledge(lane, batch.today, result, spoken and bool(result.rows))


def _acknowledge(lane: LanePlan, today: date, result: LaneResult, spoken: bool) -> None:
    known = {night: value for night, value in lane.acknowledged.items() if night >= today}
    for night in result.refused:
        known.pop(night, None)
    known.update(result.accepted)
    # What was read back before this call says nothing of the nights the call has changed.
    seen = {night: value for night, value in lane.seen.items() if night >= today and night not in result.accepted}
    values: dict[str, Any] = {
        "acknowledged": cal.encode(cal.runs(known), lane.kind),
        "seen": cal.encode(cal.runs(seen), lane.kind),
        "refused": still_refused(lane, today, result),
    }
    if spoken:
        values["accepted_at"] = func.clock_timestamp() if result.accepted else Lane.accepted_at
    table = Lane.__table__
    mine = (table.c.organization_id == tenancy.required(), table.c.id == lane.id)
    cleared: dict[str, Any] = {
        "dirty": text("'{}'"),
        "forgotten": text("'{}'"),
        "due_at": None,
        "dirty_since": None,
        "causes": [],
    }
    done = db.session.execute(update(table).where(*mine, table.c.version == lane.version).values(**values, **cleared))
    if done.rowcount == 0:  # type: ignore[attr-defined]
        # Marked while we talked: what was accepted is true, and the lane stays due.
        db.session.execute(update(table).where(*mine).values(**values))


def _keep_sends(batch: Batch, run_id: UUID, line: Line, found: dict[UUID, LaneResult]) -> None:
    rows = []
    there = _still_there(batch)
    for lane in batch.lanes:
        result = found.get(lane.id)
        if result is None or not result.rows or lane.id not in there:
            continue
        rows.append(
            {
                **_send(batch, run_id, lane),
                "api_call_id": _call_of(line, lane.kind),
                "first_night": min(row["first"] for row in result.rows),
                "last_night": max(row["last"] for row in result.rows),
                "runs": result.rows,
                "verdict": result.verdict,
                "error": "",
                "task_ids": sorted(result.task_ids),
            }
        )
    if rows:
        db.session.execute(insert(Send), rows)


def _keep_unknown(batch: Batch, run_id: UUID, unanswered: Iterable[LanePlan], error: ProviderError) -> None:
    verdict = "unknown" if isinstance(error, Retryable) and error.ambiguous else "failed"
    rows = []
    there = _still_there(batch)
    for lane in unanswered:
        if lane.id not in there:
            continue
        runs = lane.lowers + lane.runs
        encoded = cal.encode(runs, lane.kind)
        rows.append(
            {
                **_send(batch, run_id, lane),
                "api_call_id": UUID(error.call_id) if error.call_id else None,
                "first_night": min(run.first for run in runs),
                "last_night": max(run.last for run in runs),
                "runs": [
                    {"first": run.first.isoformat(), "last": run.last.isoformat(), "value": entry[2],
                     "verdict": verdict, "reason": str(error)}
                    for run, entry in zip(runs, encoded, strict=True)
                ],
                "verdict": verdict,
                "error": str(error)[:500],
                "task_ids": [],
            }
        )  # fmt: skip
    if rows:
        db.session.execute(insert(Send), rows)


def _still_there(batch: Batch) -> set[UUID]:
    """The lanes that were not unmapped while we talked; held, so that they stay until this is written."""
    ids = [lane.id for lane in batch.lanes]
    query = select(Lane.id).where(Lane.organization_id == tenancy.required(), Lane.id.in_(ids)).order_by(Lane.id)
    return set(db.session.scalars(query.with_for_update(key_share=True, read=True)))


def _send(batch: Batch, run_id: UUID, lane: LanePlan) -> dict[str, Any]:
    return {
        "organization_id": tenancy.required(),
        "id": new_id(),
        "connection_id": batch.connection.id,
        "lane_id": lane.id,
        "sync_run_id": run_id,
        "causes": lane.causes,
        "correlation_id": audit.actor().correlation_id,
    }


def _call_of(line: Line, kind: LaneKind) -> UUID | None:
    word = "/availability" if kind is LaneKind.AVAILABILITY else "/restrictions"
    call = next((call for call in line.calls if call.path.startswith(word)), None)
    return UUID(call.id) if call else (UUID(line.calls[-1].id) if line.calls else None)


def _forget(batch: Batch, plans: Iterable[LanePlan]) -> None:
    for lane in plans:
        runs = lane.lowers + lane.runs
        nights = lanes.multirange([Window(run.first, run.last) for run in runs])
        if nights:
            db.session.execute(
                text(
                    """
                    update lanes set forgotten = forgotten + cast(:nights as datemultirange),
                        dirty = dirty + cast(:nights as datemultirange), version = version + 1,
                        due_at = coalesce(due_at, clock_timestamp()),
                        dirty_since = coalesce(dirty_since, clock_timestamp())
                    where organization_id = :organization and id = :lane
                    """
                ),
                {"nights": nights, "organization": tenancy.required(), "lane": lane.id},
            )


def _report_refusals(batch: Batch, found: dict[UUID, LaneResult]) -> None:
    for lane in batch.lanes:
        result = found.get(lane.id)
        if result is None:
            continue
        if not result.refused:
            incidents.closed(Trouble.CELLS_REFUSED, batch.connection.id, about=lane.id)
            continue
        nights = sorted(result.refused)
        incidents.opened(
            Trouble.CELLS_REFUSED,
            Category.SYNC_FAILED,
            batch.connection.property_id,
            batch.connection.id,
            about=lane.id,
            facts={
                "lane_id": str(lane.id),
                "kind": lane.kind.value,
                "subject_id": str(lane.subject_id),
                "first": nights[0].isoformat(),
                "until": (nights[-1] + ONE_NIGHT).isoformat(),
                "nights": len(nights),
                "reason": result.refused[nights[0]][1],
            },
        )


def _summary(batch: Batch, line: Line, found: dict[UUID, LaneResult]) -> dict[str, Any]:
    """What the history's sentence is made of: counts by kind, tasks, what caused it."""
    first = [row["first"] for result in found.values() for row in result.rows]
    last = [row["last"] for result in found.values() for row in result.rows]
    return {
        "calls": len(line.calls),
        "availability": sum(_nights(lane) for lane in batch.lanes if lane.kind is LaneKind.AVAILABILITY),
        "rates": sum(_nights(lane) for lane in batch.lanes if lane.kind is LaneKind.RATES),
        "first": min(first, default=None),
        "last": max(last, default=None),
        "tasks": sorted({task for result in found.values() for task in result.task_ids}),
        "causes": list(dict.fromkeys(cause for lane in batch.lanes for cause in lane.causes))[:20],
    }


def _nights(lane: LanePlan) -> int:
    return sum((run.last - run.first).days + 1 for run in lane.lowers + lane.runs)
