"""Nightly overrides, for many plans and nights at once: checked, written, marked and audited as one change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from portal import tenancy
from portal.db import unit_of_work
from portal.domain import rates as rule
from portal.domain.nights import Window, windows_of
from portal.extensions import db
from portal.models import RatePlan
from portal.services import audit, lanes, rate_calendar, rate_terms
from portal.services.errors import NotFound, Refused
from portal.services.rate_calendar import FIELDS, Book, Cells

_MOST_CELLS = 250_000

Changed = Mapping[UUID, Mapping[date, rule.Day]]

_WRITE = text(
    f"""
    insert into rate_days (organization_id, rate_plan_id, night, {", ".join(FIELDS)})
    select :organization, * from unnest(
        cast(:plans as uuid[]), cast(:nights as date[]), cast(:rate as numeric[]),
        cast(:min_stay_arrival as smallint[]), cast(:min_stay_through as smallint[]), cast(:max_stay as smallint[]),
        cast(:closed_to_arrival as boolean[]), cast(:closed_to_departure as boolean[]), cast(:stop_sell as boolean[]))
    on conflict (organization_id, rate_plan_id, night) do update set
        {", ".join(f"{name} = excluded.{name}" for name in FIELDS)}
    """
)
_CLEAR = text(
    """
    delete from rate_days using unnest(cast(:plans as uuid[]), cast(:nights as date[])) as gone(plan, gone_night)
    where organization_id = :organization and rate_plan_id = gone.plan and night = gone.gone_night
    """
)


@dataclass(frozen=True)
class DayEdit:
    """What is set for these nights of one plan. A field with None goes back to what the rules say."""

    rate_plan_id: UUID
    nights: Sequence[date]
    values: Mapping[str, Any]  # fields of a Cell: rate Decimal, stays int, closings bool


def set_days(property_id: UUID, edits: Sequence[DayEdit]) -> int:
    """Set or clear overrides; all or none. Returns how many nights of plans are different now.

    Raises `Refused` when a price or a restriction cannot be, also together with what the rules say,
    and `NotFound` for a plan of somebody else. Later edits of the same night win.
    """
    if not any(edit.nights for edit in edits):
        return 0
    first, last = min(min(edit.nights) for edit in edits if edit.nights), max(max(e.nights) for e in edits if e.nights)
    with unit_of_work():
        refuse_too_much(sum(len(edit.nights) for edit in edits))
        book = hold(property_id, {edit.rate_plan_id for edit in edits}, first, last)
        changed = _apply(book, edits)
        put(property_id, book, changed)
    return sum(len(days) for days in changed.values())


def put(
    property_id: UUID,
    book: Book,
    changed: Changed,
    *,
    allow: Collection[rule.Problem] = (),
    cause: str = "nightly prices",
) -> None:
    """Write overrides that differ from those of a held book, mark, audit; a helper, inside a unit of work.

    Raises `Refused` for what they make wrong, but for the problems a person decided to `allow`.
    """
    nights = [night for days in changed.values() for night in (min(days), max(days))]
    if not nights:
        return
    first, last = min(nights), max(nights)
    family = book.family(changed)
    before = rate_calendar.cells(book, family, first, last)
    after = rate_calendar.cells(replaced(book, changed), family, first, last)
    _refuse_problems(book, changed, before, after, allow)
    _write(changed)
    _mark(property_id, book, changed, before, after, cause)
    for plan_id, days in changed.items():
        record(property_id, plan_id, _differences(book.days[plan_id], days))


def replaced(book: Book, changed: Changed) -> Book:
    """The same book with these overrides in place of those there are."""
    days = {**book.days, **{plan_id: {**book.days[plan_id], **new} for plan_id, new in changed.items()}}
    return replace(book, days=days)


def refuse_too_much(cells: int) -> None:
    """Raises `Refused` when one change is larger than a calendar can be."""
    if cells > _MOST_CELLS:
        raise Refused("This is too much for one change: choose fewer plans or nights.")


def hold(property_id: UUID, plan_ids: Collection[UUID], first: date, last: date) -> Book:
    """Read the plans while nobody else changes their nights; a helper, inside a unit of work."""
    query = (
        select(RatePlan.id)
        .where(
            RatePlan.organization_id == tenancy.required(),
            RatePlan.property_id == property_id,
            RatePlan.id.in_(plan_ids),
            RatePlan.archived_at.is_(None),
        )
        .order_by(RatePlan.id)
        .with_for_update(key_share=True)
    )
    found = set(db.session.scalars(query))
    if missing := set(plan_ids) - found:
        raise NotFound(f"rate plan {min(missing)}")
    return rate_calendar.load(property_id, first, last, plan_ids, descend=True)


def _apply(book: Book, edits: Iterable[DayEdit]) -> dict[UUID, dict[date, rule.Day]]:
    """Return the overrides that differ from those there are, by plan and night."""
    nothing = rule.Day()
    found: dict[UUID, dict[date, rule.Day]] = {}
    for edit in edits:
        values = rate_terms.checked(edit.values, book.plans[edit.rate_plan_id].currency)
        there, mine = book.days[edit.rate_plan_id], found.setdefault(edit.rate_plan_id, {})
        made: dict[rule.Day, rule.Day] = {}
        for night in edit.nights:
            old = mine.get(night) or there.get(night, nothing)
            mine[night] = made.get(old) or made.setdefault(old, replace(old, **values))
    changed = {
        plan_id: {night: day for night, day in sorted(days.items()) if day != book.days[plan_id].get(night, nothing)}
        for plan_id, days in found.items()
    }
    return {plan_id: days for plan_id, days in sorted(changed.items()) if days}


def _refuse_problems(
    book: Book,
    changed: Changed,
    before: Mapping[UUID, Cells],
    after: Mapping[UUID, Cells],
    allow: Collection[rule.Problem],
) -> None:
    """Refuse what this change makes wrong; what was wrong before does not stand in the way of mending the rest."""
    for plan_id, days in changed.items():
        plan = book.plans[plan_id]
        sound: set[object] = set()
        for night in days:
            pair = before[plan_id][night], after[plan_id][night]
            if pair in sound:
                continue
            old, new = (rule.problems(cell, plan.floor, plan.ceiling) for cell in pair)
            if fresh := [problem for problem in new if problem not in old and problem not in allow]:
                raise Refused(
                    "%(plan)s, night of %(night)s: %(problem)s.",
                    plan=plan.name, night=night, problem=rate_terms.WORDS[fresh[0]],
                )  # fmt: skip
            sound.add(pair)


def _write(changed: Changed) -> None:
    kept = [(plan_id, night, day) for plan_id, days in changed.items() for night, day in days.items() if day.said()]
    gone = [(plan_id, night) for plan_id, days in changed.items() for night, day in days.items() if not day.said()]
    if kept:
        db.session.execute(
            _WRITE,
            {
                "organization": tenancy.required(),
                "plans": [plan_id for plan_id, _, _ in kept],
                "nights": [night for _, night, _ in kept],
                **{name: [getattr(day, name) for _, _, day in kept] for name in FIELDS},
            },
        )
    if gone:
        plans, nights = (list(column) for column in zip(*gone, strict=True))
        db.session.execute(_CLEAR, {"organization": tenancy.required(), "plans": plans, "nights": nights})


def _mark(
    property_id: UUID,
    book: Book,
    changed: Changed,
    before: Mapping[UUID, Cells],
    after: Mapping[UUID, Cells],
    cause: str,
) -> None:
    """Mark each plan and those derived from it; plans changed alike share one mark. A closing is urgent."""
    alike: dict[tuple[tuple[Window, ...], bool], set[UUID]] = {}
    spans: dict[tuple[date, ...], tuple[Window, ...]] = {}
    for plan_id, days in changed.items():
        nights = tuple(days)
        windows = spans.get(nights) or spans.setdefault(nights, tuple(windows_of(nights)))
        for member in book.family([plan_id]):
            urgent = any(_closes(before[member][night], after[member][night]) for night in nights)
            alike.setdefault((windows, urgent), set()).add(member)
    for (windows, urgent), plans in alike.items():
        lanes.mark(property_id, rate_plans=plans, windows=windows, urgent=urgent, cause=cause)


def _closes(before: Any, after: Any) -> bool:
    return (after.stop_sell and not before.stop_sell) or (after.closed_to_arrival and not before.closed_to_arrival)


def _differences(
    before: Mapping[date, rule.Day], after: Mapping[date, rule.Day]
) -> dict[str, dict[date, tuple[Any, Any]]]:
    nothing = rule.Day()
    found: dict[str, dict[date, tuple[Any, Any]]] = {}
    for night, day in after.items():
        old = before.get(night, nothing)
        for name in FIELDS:
            pair = getattr(old, name), getattr(day, name)
            if pair[0] != pair[1]:
                found.setdefault(name, {})[night] = pair
    return found


def record(property_id: UUID, plan_id: UUID, differences: Mapping[str, Mapping[date, tuple[Any, Any]]]) -> None:
    """Audit one plan's nights, compressed: `{"rate 2026-12-01..2026-12-31": [before, after]}`."""
    changes: dict[str, tuple[Any, Any]] = {}
    for name, nights in differences.items():
        ordered = sorted(nights.items())
        # Neighbouring nights have the same date less their position in the list.
        for key, run in groupby(enumerate(ordered), lambda entry: (entry[1][0].toordinal() - entry[0], entry[1][1])):
            days = [night for _, (night, _) in run]
            changes[f"{name} {days[0].isoformat()}..{days[-1].isoformat()}"] = key[1]
    audit.record("rates.changed", "rate_plan", plan_id, changes, property_id=property_id)
