"""One night of one plan, edited from its panel: what was shown is what is changed, and odd values are asked about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from portal.db import unit_of_work
from portal.domain.nights import Window
from portal.domain.rate_edits import ALLOWABLE, Concern, How, Line
from portal.services import properties, rate_calendar, rate_changes, rate_days
from portal.services.errors import Refused, ServiceError, StaleEdit
from providers.types import Cell


class SecondLook(ServiceError):
    """Nothing was saved: the change is odd. `now` is what stands there, `wanted` what was asked for."""

    def __init__(self, concerns: frozenset[Concern], now: Cell, wanted: Cell) -> None:
        super().__init__("This deserves a second look.")
        self.concerns, self.now, self.wanted = concerns, now, wanted

    @property
    def ticket(self) -> str:
        """What a form sends back with "all the same": it is good for this very change and no other."""
        return f"{stamp(self.now)}~{stamp(self.wanted)}~{'-'.join(sorted(self.concerns))}"

    @property
    def forbidden(self) -> bool:
        return any(concern.forbids for concern in self.concerns)


def stamp(cell: Cell) -> str:
    """A cell in one word: what a form was drawn with."""
    return "_".join("" if each is None else str(int(each) if isinstance(each, bool) else each) for each in cell)


def save(
    property_id: UUID,
    rate_plan_id: UUID,
    night: date,
    values: Mapping[str, Any],
    shown: str,
    sure: str = "",
) -> int:
    """Set the fields that differ from what stands there; None in a field gives it back to the rules.

    Returns how many cells are different now (0 or 1). Raises `StaleEdit` when the night is not as it was `shown`,
    `SecondLook` for what is odd, unless a person is `sure` of it (its ticket); `Refused`, `NotFound`.
    """
    fields = {name: value for name, value in values.items() if name != "rate"}
    how = How.KEEP if "rate" not in values else How.RULES if values["rate"] is None else How.SET
    line = Line(
        plans=(rate_plan_id,), spans=(Window(night, night),), how=how, price=values.get("rate"), fields=fields
    )  # fmt: skip
    with unit_of_work():
        today = properties.today(properties.find(property_id))
        if night < today:
            raise Refused("This night is over: its price cannot change any more.")
        outcome = rate_changes.work_out(property_id, [line], today, hold=True)
        now, wanted = outcome.before[rate_plan_id][night], outcome.after[rate_plan_id][night]
        if stamp(now) != shown:
            raise StaleEdit("This night was changed while you looked at it.")
        concerns = outcome.odd.get((rate_plan_id, night), frozenset())
        look = SecondLook(concerns, now, wanted)
        if concerns and (look.forbidden or look.ticket != sure):
            raise look
        rate_days.put(property_id, outcome.book, outcome.days, allow=ALLOWABLE)
    return len(outcome.changed)


def now(property_id: UUID, rate_plan_id: UUID, night: date) -> Cell:
    """What stands there, derived plans resolved."""
    return rate_calendar.calendar(property_id, night, night, [rate_plan_id])[rate_plan_id][night]


def reset(property_id: UUID, rate_plan_id: UUID, night: date, shown: str, sure: str = "") -> int:
    """Take off what was set for this night: the rules of the plan speak again. Raises as `save` does."""
    return save(property_id, rate_plan_id, night, dict.fromkeys(rate_calendar.FIELDS), shown, sure)
