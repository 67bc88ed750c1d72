"""What an edit of nights would do: which cells change, which are equal already, which deserve a second look.

The same for one cell and for a year of forty plans; nothing is written here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import blake2b
from itertools import chain
from typing import Any
from uuid import UUID

from portal.domain import rate_edits
from portal.domain import rates as rule
from portal.domain.rate_edits import Concern, Line
from portal.services import rate_calendar, rate_days, rate_guards, rate_terms
from portal.services.errors import NotFound, Refused
from portal.services.rate_calendar import Book, Cells
from providers.types import Cell

Spot = tuple[UUID, date]  # one night of one plan


@dataclass
class Outcome:
    """`days` are the overrides to write; `before` and `after` the cells of the plans and of those derived from them."""

    book: Book
    days: dict[UUID, dict[date, rule.Day]]
    before: Mapping[UUID, Cells]
    after: Mapping[UUID, Cells]
    asked: set[Spot]
    past: int = 0  # nights asked for that are over
    odd: dict[Spot, frozenset[Concern]] = field(default_factory=dict)

    @property
    def changed(self) -> list[Spot]:
        """The cells asked for that will be different, by plan and night."""
        return sorted(spot for spot in self.asked if self.before[spot[0]][spot[1]] != self.after[spot[0]][spot[1]])

    @property
    def following(self) -> int:
        """How many cells of derived plans change along."""
        plans = self.after.keys() - {plan_id for plan_id, _ in self.asked}
        return sum(
            cell != self.before[plan_id][night] for plan_id in plans for night, cell in self.after[plan_id].items()
        )

    def forbidden(self) -> bool:
        return any(concern.forbids for concern in chain.from_iterable(self.odd.values()))

    def stamp(self) -> str:
        """The same as long as the edit would do the same to the same values."""
        digest = blake2b(digest_size=12)
        for plan_id, night in self.changed:
            digest.update(f"{plan_id}{night}{self.before[plan_id][night]}{self.after[plan_id][night]}".encode())
        digest.update(repr(sorted((str(spot), sorted(each)) for spot, each in self.odd.items())).encode())
        return digest.hexdigest()


def work_out(
    property_id: UUID, lines: Sequence[Line], today: date, *, hold: bool = False, skip: Collection[Spot] = frozenset()
) -> Outcome:
    """What the lines would do, in their order; a later one sees what an earlier one wants.

    `hold` keeps the plans against other edits, inside a unit of work. Cells in `skip` are left as they are.
    Raises `NotFound` for a stranger's plan, `Refused` for values that cannot be.
    """
    plan_ids = {plan_id for line in lines for plan_id in line.plans}
    copied = {line.copy.plan for line in lines if line.copy and line.copy.plan}
    nights = [night for line in lines for night in chain.from_iterable(line.spans)]
    nights += [line.copy.night for line in lines if line.copy and line.copy.night]
    if not plan_ids or not nights:
        return Outcome(Book({}, {}, {}), {}, {}, {}, set())
    first, last = max(min(nights), today) if max(nights) >= today else min(nights), max(nights)
    rate_days.refuse_too_much(len(plan_ids) * ((last - first).days + 1))
    if hold:
        book = rate_days.hold(property_id, plan_ids | copied, first, last)
    else:
        book = rate_calendar.load(property_id, first, last, plan_ids | copied, descend=True)
    _refuse_strangers(book, plan_ids | copied)
    family = book.family(plan_ids)
    before = rate_calendar.cells(book, family | copied, first, last)
    desk = _Desk(book, before, plan_ids, today, skip)
    for line in lines:
        desk.take(line)
    days = desk.changed()
    after = rate_calendar.cells(rate_days.replaced(book, days), family, first, last)
    outcome = Outcome(book, days, before, after, desk.asked, desk.past)
    outcome.odd = rate_guards.look(property_id, book, before, after, desk.asked)
    return outcome


def without_odd(property_id: UUID, lines: Sequence[Line], today: date, *, hold: bool = False) -> Outcome:
    """The same edit less every cell that deserves a second look."""
    skip: set[Spot] = set()
    while True:
        outcome = work_out(property_id, lines, today, hold=hold, skip=skip)
        if not outcome.odd.keys() - skip:
            return outcome
        skip |= outcome.odd.keys()


class _Desk:
    """Where the lines are laid on the calendar, one after the other."""

    def __init__(
        self, book: Book, before: Mapping[UUID, Cells], plan_ids: set[UUID], today: date, skip: Collection[Spot]
    ) -> None:
        self.book, self.before, self.today, self.skip = book, before, today, skip
        # A derived plan moves with its parent: there a price is written down even where it is the same today.
        self.pinned = {plan_id for plan_id in plan_ids if plan_id in book.family(_parents(book, plan_id) & plan_ids)}
        self.asked: set[Spot] = set()
        self.past = 0
        self._state: dict[Spot, tuple[rule.Day, Cell]] = {}
        self._ground: dict[UUID, Cells] = {}

    def take(self, line: Line) -> None:
        nights = list(line.nights())
        coming = [night for night in nights if night >= self.today]
        self.past += len(nights) - len(coming)
        for plan_id in line.plans:
            self._lay(line, plan_id, coming)

    def _lay(self, line: Line, plan_id: UUID, nights: Sequence[date]) -> None:
        currency = self.book.plans[plan_id].currency
        resets = line.how is rate_edits.How.RULES or None in line.fields.values()
        ground = self._without_overrides(plan_id) if resets else {}
        made: dict[object, tuple[rule.Day, Cell]] = {}
        for night in nights:
            spot = plan_id, night
            if spot in self.skip:
                continue
            self.asked.add(spot)
            day, now = self._now(spot)
            source = self._source(line, plan_id, night)
            under = ground.get(night)
            key = day, now, source, under
            if key not in made:
                said = rate_terms.checked(rate_edits.wanted(line, now, currency, source), currency)
                made[key] = self._said(day, now, under, said, plan_id in self.pinned)
            self._state[spot] = made[key]

    def _said(
        self, day: rule.Day, now: Cell, under: Cell | None, said: Mapping[str, Any], pinned: bool
    ) -> tuple[rule.Day, Cell]:
        news = {name: value for name, value in said.items() if value is None or pinned or value != getattr(now, name)}
        new = replace(day, **news)
        return new, now._replace(**news) if under is None else under._replace(**new.said())

    def _now(self, spot: Spot) -> tuple[rule.Day, Cell]:
        plan_id, night = spot
        own = self.book.days.get(plan_id, {}).get(night) or rule.Day()
        return self._state.get(spot) or (own, self.before[plan_id][night])

    def _source(self, line: Line, plan_id: UUID, night: date) -> Cell | None:
        if line.copy is None:
            return None
        return self.before[line.copy.plan or plan_id].get(line.copy.night or night)

    def _without_overrides(self, plan_id: UUID) -> Cells:
        if plan_id not in self._ground:
            bare = replace(self.book, days={**self.book.days, plan_id: {}})
            nights = self.before[plan_id]
            self._ground[plan_id] = rate_calendar.cells(bare, [plan_id], min(nights), max(nights))[plan_id]
        return self._ground[plan_id]

    def changed(self) -> dict[UUID, dict[date, rule.Day]]:
        """The overrides that differ from those there are."""
        nothing = rule.Day()
        found: dict[UUID, dict[date, rule.Day]] = {}
        for (plan_id, night), (day, _) in sorted(self._state.items(), key=lambda entry: entry[0]):
            if day != self.book.days.get(plan_id, {}).get(night, nothing):
                found.setdefault(plan_id, {})[night] = day
        return found


def _parents(book: Book, plan_id: UUID) -> set[UUID]:
    found: set[UUID] = set()
    parent = book.plans[plan_id].parent_id
    while parent is not None:
        found.add(parent)
        parent = book.plans[parent].parent_id
    return found


def _refuse_strangers(book: Book, plan_ids: Iterable[UUID]) -> None:
    for plan_id in plan_ids:
        plan = book.plans.get(plan_id)
        if plan is None:
            raise NotFound(f"rate plan {plan_id}")
        if plan.archived_at is not None:
            raise Refused("%(plan)s is not in use any more: take it out of this change.", plan=plan.name, field="plans")
