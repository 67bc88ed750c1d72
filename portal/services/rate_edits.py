"""Bulk edits of prices: a draft of lines, applied as one change, and taken back within a day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from portal import tenancy
from portal.db import now, unit_of_work
from portal.domain import rates as rule
from portal.domain.nights import Window
from portal.domain.rate_edits import ALLOWABLE, Line
from portal.extensions import db
from portal.models import RateEdit, RateEditPlan, RateEditState, RatePlan
from portal.services import audit, properties, rate_changes, rate_days, rate_edit_lines
from portal.services.errors import NotFound, Refused, StaleEdit
from portal.services.rate_changes import Outcome

UNDO = timedelta(hours=24)
MOST_LISTED = 50


@dataclass(frozen=True)
class Left:
    """Nights of a plan an undo did not touch, because somebody changed them after the edit. Both nights included."""

    rate_plan_id: UUID
    first: date
    last: date


def create(property_id: UUID, lines: Iterable[Line] = ()) -> UUID:
    """Open a draft. Raises `Refused` for a line that cannot be."""
    lines = list(lines)
    with unit_of_work():
        for line in lines:
            _check(property_id, line)
        kept = [rate_edit_lines.encode(line) for line in lines]
        edit = RateEdit(property_id=property_id, author=audit.actor().name, lines=kept)
        db.session.add(edit)
    return edit.id


def find(property_id: UUID, edit_id: UUID, *, lock: bool = False) -> RateEdit:
    """The property's own edit. Raises `NotFound`."""
    query = select(RateEdit).where(
        RateEdit.organization_id == tenancy.required(), RateEdit.property_id == property_id, RateEdit.id == edit_id
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    edit: RateEdit | None = db.session.scalar(query)
    if edit is None:
        raise NotFound(f"rate edit {edit_id}")
    return edit


def listed(property_id: UUID) -> Sequence[RateEdit]:
    """The newest edits of a property, without drafts that are empty or thrown away."""
    query = select(RateEdit).where(
        RateEdit.organization_id == tenancy.required(),
        RateEdit.property_id == property_id,
        RateEdit.state != RateEditState.DISCARDED,
        func.jsonb_array_length(RateEdit.lines) > 0,
    )
    return db.session.scalars(query.order_by(RateEdit.id.desc()).limit(MOST_LISTED)).all()


def lines(edit: RateEdit) -> list[Line]:
    return [rate_edit_lines.decode(kept) for kept in edit.lines]


def put_line(property_id: UUID, edit_id: UUID, line: Line, number: int | None = None) -> None:
    """Add a line to a draft, or replace the one of this number (from 0). Raises `Refused`."""
    with unit_of_work():
        edit = _draft(property_id, edit_id)
        _check(property_id, line)
        kept = list(edit.lines)
        if number is None or number >= len(kept):
            if len(kept) >= rate_edit_lines.MOST_LINES:
                raise Refused("One change holds at most 50 lines: apply these first.")
            kept.append(rate_edit_lines.encode(line))
        else:
            kept[number] = rate_edit_lines.encode(line)
        edit.lines = kept


def remove_line(property_id: UUID, edit_id: UUID, number: int) -> None:
    """Take a line out of a draft; one that is gone already is no mistake."""
    with unit_of_work():
        edit = _draft(property_id, edit_id)
        edit.lines = [kept for at, kept in enumerate(edit.lines) if at != number]


def discard(property_id: UUID, edit_id: UUID) -> None:
    """Throw a draft away; nothing was changed by it."""
    with unit_of_work():
        _draft(property_id, edit_id).state = RateEditState.DISCARDED


def preview(property_id: UUID, wishes: Sequence[Line]) -> Outcome:
    """What the lines would do by now. Raises `Refused` for a plan that is not in use any more."""
    return rate_changes.work_out(property_id, wishes, properties.today(properties.find(property_id)))


def apply(property_id: UUID, edit_id: UUID, shown: str, *, without_odd: bool = False) -> bool:
    """Do what the draft says, all in one; `shown` is the stamp of the preview a person looked at.

    `without_odd` leaves out what deserves a second look. False: it was applied already, a double click.
    Raises `StaleEdit` when the preview is not true any more, `Refused` for what can never be sold.
    """
    with unit_of_work():
        edit = find(property_id, edit_id, lock=True)
        if edit.state is not RateEditState.DRAFT:
            return False
        wishes, today = lines(edit), properties.today(properties.find(property_id))
        outcome = rate_changes.work_out(property_id, wishes, today, hold=True)
        if outcome.stamp() != shown:
            raise StaleEdit("Prices changed since this preview was made. Look at it again, then apply.")
        if outcome.odd and without_odd:
            edit.left_out = len(outcome.odd)
            outcome = rate_changes.without_odd(property_id, wishes, today, hold=True)
        elif outcome.forbidden():
            raise Refused("Some of these values can never be sold. Apply without them, or go back and change them.")
        _write(property_id, edit, outcome)
    return True


def undo(property_id: UUID, edit_id: UUID) -> Sequence[Left]:
    """Put back what stood there before, but for the nights somebody changed since: those are returned and left.

    Raises `Refused` after a day, and for an edit that is not applied.
    """
    with unit_of_work():
        edit = find(property_id, edit_id, lock=True)
        if edit.state is RateEditState.UNDONE:
            return left(edit)
        if not may_undo(edit, now()):
            raise Refused("This change can no longer be undone: that is possible for 24 hours.")
        back, untouched = _restored(property_id, _kept(edit))
        edit.left = [
            [str(plan_id), *run[:2]] for plan_id, days in untouched.items() for run in rate_edit_lines.encode_days(days)
        ]
        edit.state, edit.undone_at, edit.undone_by = RateEditState.UNDONE, now(), audit.actor().name
        edit.correlation_id = audit.actor().correlation_id
        audit.record("rate_edit.undone", "rate_edit", edit.id, {"cells": (back, None)}, property_id=property_id)
    return left(edit)


def may_undo(edit: RateEdit, moment: datetime) -> bool:
    return (
        edit.state is RateEditState.APPLIED
        and edit.applied_at is not None
        and moment - edit.applied_at < UNDO
        and edit.cells > 0
    )


def left(edit: RateEdit) -> list[Left]:
    """What the undo of an edit left alone."""
    return [
        Left(UUID(plan_id), first := date.fromisoformat(start), date.fromordinal(first.toordinal() + many - 1))
        for plan_id, start, many in edit.left
    ]


def touched(edit: RateEdit) -> dict[UUID, list[date]]:
    """The nights an applied edit changed, by plan."""
    return {
        row.rate_plan_id: sorted(rate_edit_lines.decode_days(row.after)) for row in _kept(edit)
    }  # fmt: skip


def _draft(property_id: UUID, edit_id: UUID) -> RateEdit:
    edit = find(property_id, edit_id, lock=True)
    if edit.state is not RateEditState.DRAFT:
        raise Refused("This change is not a draft any more.")
    return edit


def _check(property_id: UUID, line: Line) -> None:
    ahead = properties.horizon(properties.find(property_id))
    rate_edit_lines.refuse(line, Window(ahead.first, ahead.last))
    rate_changes.work_out(property_id, [line], ahead.first)  # strangers' plans, and values that cannot be


def _write(property_id: UUID, edit: RateEdit, outcome: Outcome) -> None:
    rate_days.put(property_id, outcome.book, outcome.days, allow=ALLOWABLE, cause="bulk edit")
    for plan_id, days in outcome.days.items():
        old = outcome.book.days.get(plan_id, {})
        before = {night: old.get(night, rule.Day()) for night in days}
        db.session.add(
            RateEditPlan(
                rate_edit_id=edit.id,
                rate_plan_id=plan_id,
                before=rate_edit_lines.encode_days(before),
                after=rate_edit_lines.encode_days(days),
            )
        )
    edit.state, edit.applied_at, edit.applied_by = RateEditState.APPLIED, now(), audit.actor().name
    edit.correlation_id, edit.cells = audit.actor().correlation_id, len(outcome.changed)
    changes = {"cells": (None, edit.cells)}
    audit.record("rate_edit.applied", "rate_edit", edit.id, changes, property_id=property_id)


def _kept(edit: RateEdit) -> Sequence[RateEditPlan]:
    query = select(RateEditPlan).where(
        RateEditPlan.organization_id == tenancy.required(), RateEditPlan.rate_edit_id == edit.id
    )
    return db.session.scalars(query.order_by(RateEditPlan.rate_plan_id)).all()


def _restored(property_id: UUID, kept: Sequence[RateEditPlan]) -> tuple[int, Mapping[UUID, dict[date, rule.Day]]]:
    """Write back what stands as the edit left it. Returns how many nights that is, and those left alone."""
    after = {row.rate_plan_id: rate_edit_lines.decode_days(row.after) for row in kept}
    before = {row.rate_plan_id: rate_edit_lines.decode_days(row.before) for row in kept}
    alive = _in_use(property_id, after)
    untouched = {plan_id: days for plan_id, days in after.items() if plan_id not in alive}
    nights = [night for plan_id in alive for night in after[plan_id]]
    if not nights:
        return 0, untouched
    book = rate_days.hold(property_id, alive, min(nights), max(nights))
    back: dict[UUID, dict[date, rule.Day]] = {}
    nothing = rule.Day()
    for plan_id in sorted(alive):
        for night, day in after[plan_id].items():
            here = back if book.days[plan_id].get(night, nothing) == day else untouched
            here.setdefault(plan_id, {})[night] = before[plan_id][night]
    # What was there before is put back as it was, whatever the rules of the plan have become since.
    rate_days.put(property_id, book, back, allow=frozenset(rule.Problem), cause="bulk edit undone")
    return sum(len(days) for days in back.values()), untouched


def _in_use(property_id: UUID, plan_ids: Collection[UUID]) -> set[UUID]:
    query = select(RatePlan.id).where(
        RatePlan.organization_id == tenancy.required(),
        RatePlan.property_id == property_id,
        RatePlan.id.in_(plan_ids),
        RatePlan.archived_at.is_(None),
    )
    return set(db.session.scalars(query))
