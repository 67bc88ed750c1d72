"""What a draft's answers come to: the forms of its three first steps, and the hotel they describe together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from portal.domain.onboarding import Step, rules
from portal.schemas import onboarding_plans, onboarding_rooms
from portal.schemas.onboarding import PropertyForm
from portal.services import onboarding_build, properties, rates, room_types
from portal.web.forms import Form

RULES_REACH = timedelta(days=5 * 365)


@dataclass(frozen=True)
class Answers:
    """The three forms as they stand; `rooms` and `plans` are whole when their forms have no errors."""

    property: Form
    rooms_form: Form
    rooms: Sequence[onboarding_rooms.RoomRow]
    plans_form: Form
    plans: onboarding_plans.Plans | None

    @property
    def complete(self) -> bool:
        return not (self.property.errors or self.rooms_form.errors or self.plans_form.errors) and self.plans is not None


def property_form(draft: Any) -> Form:
    """The first step's form as it was typed, with its errors."""
    said = draft.answers.get(Step.PROPERTY.value)
    return Form.read(PropertyForm(), MultiDict(said)) if said else Form()


def rooms(draft: Any) -> tuple[Form, list[onboarding_rooms.RoomRow]]:
    return onboarding_rooms.read(draft.answers.get(Step.ROOMS.value, []))


def read(draft: Any) -> Answers:
    hotel = property_form(draft)
    rooms_form, rows = rooms(draft)
    said = draft.answers.get(Step.PLANS.value)
    if said is None or hotel.errors or not hotel.data:
        return Answers(hotel, rooms_form, rows, Form(), None)
    plans_form, plans = onboarding_plans.read(said, rows, hotel.data["currency"])
    return Answers(hotel, rooms_form, rows, plans_form, plans)


def hotel(draft_id: UUID, found: Answers, today: date) -> onboarding_build.Hotel:
    """The hotel the answers describe. `today` is the first night of its weekend prices."""
    facts = properties.Facts(**found.property.data)
    types = [
        onboarding_build.TypeDraft(
            row.key,
            room_types.TypeFacts(
                name=row.name, max_adults=row.adults, max_children=row.children,
                default_occupancy=min(2, row.adults), position=place,
            ),
            row.numbers,
        )
        for place, row in enumerate(found.rooms)
    ]  # fmt: skip
    plans = [plan for row in found.rooms for plan in _plans(draft_id, row, found, today)]
    return onboarding_build.Hotel(facts, types, plans)


def _plans(
    draft_id: UUID, row: onboarding_rooms.RoomRow, found: Answers, today: date
) -> list[onboarding_build.PlanDraft]:
    """The standard plan of a room type, and those that derive from it. Their ids follow from the draft."""
    said = found.plans
    assert said is not None
    base, key = said.prices[str(row.key)], uuid5(draft_id, f"{row.key}/standard")
    seasons = rules(
        base, found.property.data["currency"], said.uplift, said.seasons, today, today + RULES_REACH,
        gettext("Weekend"),
    )  # fmt: skip
    standard = rates.PlanFacts(
        room_type_id=row.key, name=said.name, base_rate=base, meal_plan=said.meal, cancellation_policy=said.policy
    )
    made = [onboarding_build.PlanDraft(key, standard, seasons)]
    for place, plan in enumerate(said.derived, 1):
        facts = rates.PlanFacts(
            room_type_id=row.key, name=plan.name, parent_id=key, derived_percent=plan.percent,
            derived_amount=plan.amount, meal_plan=plan.meal or said.meal,
            cancellation_policy=plan.policy or said.policy, position=place,
        )  # fmt: skip
        made.append(onboarding_build.PlanDraft(uuid5(draft_id, f"{row.key}/{plan.name.casefold()}"), facts))
    return made
