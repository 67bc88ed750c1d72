"""A provider's verdicts, sorted by lane: what was accepted, what was refused and why. Nothing is written here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from portal.domain import calendar as cal
from portal.domain.nights import Window, each, windows_of
from portal.services.push_batch import Batch, LanePlan
from providers.types import CalendarChange, PushResult, Run, Verdict, VerdictKind


@dataclass
class LaneResult:
    """The verdicts of one lane, sorted."""

    accepted: dict[date, cal.Value] = field(default_factory=dict)
    refused: dict[date, tuple[cal.Value, str]] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    task_ids: set[str] = field(default_factory=set)

    @property
    def verdict(self) -> str:
        if not self.refused:
            return "accepted"
        return "partly" if self.accepted else "refused"


def by_lane(batch: Batch, results: Sequence[PushResult]) -> dict[UUID, LaneResult]:
    lane_of = {(lane.kind, lane.external_id): lane.id for lane in batch.lanes}
    found: dict[UUID, LaneResult] = {}
    for result in results:
        for verdict in result.verdicts:
            change = verdict.change
            mine = found.setdefault(lane_of[change.kind, change.external_id], LaneResult())
            mine.task_ids.update(result.task_ids)
            _take(mine, verdict)
    return found


def _take(mine: LaneResult, verdict: Verdict) -> None:
    run, kind = verdict.change.run, verdict.change.kind
    nights = verdict.nights or each(run.first, run.last)
    if verdict.kind is VerdictKind.ACCEPTED:
        mine.accepted.update(dict.fromkeys(nights, run.value))
    else:
        mine.refused.update(dict.fromkeys(nights, (run.value, verdict.reason)))
    windows = [Window(run.first, run.last)] if not verdict.nights else windows_of(nights)
    for first, last in windows:
        value = cal.encode([Run(first, last, run.value)], kind)[0][2]
        mine.rows.append(
            {
                "first": first.isoformat(),
                "last": last.isoformat(),
                "value": value,
                "verdict": verdict.kind.value,
                "reason": verdict.reason,
            }
        )


def all_refused(changes: Sequence[CalendarChange], reason: str) -> PushResult:
    return PushResult(tuple(Verdict(change, VerdictKind.REFUSED, reason) for change in changes))


def still_refused(lane: LanePlan, today: date, result: LaneResult) -> list[Any]:
    """Refused values, with reasons, of nights that still want nothing else."""
    reasons = {night: reason for night, (_, reason) in result.refused.items()}
    kept: dict[date, cal.Value] = {
        night: value for night, value in lane.refused.items() if night >= today and night not in result.accepted
    }
    kept.update({night: value for night, (value, _) in result.refused.items()})
    rows: list[Any] = []
    for run in cal.runs(kept):
        for reason, windows in _split_by_reason(run, reasons).items():
            rows += [cal.encode([Run(*window, run.value)], lane.kind)[0] + [reason] for window in windows]
    return rows


def _split_by_reason(run: Run, reasons: dict[date, str]) -> dict[str, list[Window]]:
    nights: dict[str, list[date]] = {}
    for night in each(run.first, run.last):
        nights.setdefault(reasons.get(night, ""), []).append(night)
    return {reason: windows_of(found) for reason, found in nights.items()}


def first_reason(found: dict[UUID, LaneResult]) -> str:
    return next((reason for result in found.values() for _, reason in result.refused.values()), "")
