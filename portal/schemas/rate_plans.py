"""The forms of a rate plan: what it says by itself, its seasons, the limits of the house."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext
from marshmallow import fields, validate

from portal.schemas import FormSchema, Line
from portal.schemas.days import Day
from portal.schemas.onboarding_plans import MEALS
from portal.schemas.prices import Price, closing_fields, stay_fields
from portal.schemas.rate_edits import Many


class Percent(fields.Decimal):
    """A percentage of either sign; an empty field is none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal | None:
        text = str(value).strip().rstrip("%").strip()
        return super()._deserialize(text, attr, data, **kwargs) if text else None


class Chosen(fields.UUID):
    """One of a list; the empty choice is none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return super()._deserialize(value, attr, data, **kwargs) if str(value).strip() else None


def _percent() -> Percent:
    between = validate.Range(-100, 1000, error=lazy_gettext("Between -100 % and +1000 %."))
    return Percent(load_default=None, places=3, validate=between)


def new_plan_form(currency: str) -> FormSchema:
    return FormSchema.from_dict(
        {
            "name": Line(longest=200),
            "room_type_id": fields.UUID(required=True),
            "meal_plan": fields.String(
                load_default="room_only", validate=validate.OneOf(MEALS, error=lazy_gettext("Choose one of the list."))
            ),
            "cancellation_policy": Line(longest=500, needed=False, load_default=""),
            "base_rate": Price(currency),
            "parent_id": Chosen(load_default=None),
            "derived_percent": _percent(),
            "derived_amount": Price(currency, signed=True),
            "there": fields.Boolean(load_default=False),
        },
        name="NewPlanForm",
    )()


def plan_form(currency: str) -> FormSchema:
    return FormSchema.from_dict(
        {
            "base_rate": Price(currency),
            "floor": Price(currency),
            "ceiling": Price(currency),
            **stay_fields(),
            "derived_percent": _percent(),
            "derived_amount": Price(currency, signed=True),
            "shown": fields.String(load_default="", validate=validate.Length(max=300)),
        },
        name="PlanForm",
    )()


def season_form(currency: str) -> FormSchema:
    return FormSchema.from_dict(
        {
            "name": Line(longest=100, needed=False, load_default=""),
            "first_night": Day(required=True),
            "last_night": Day(required=True),
            "weekday": Many(fields.Integer(validate=validate.Range(0, 6)), load_default=list),
            "priority": fields.Integer(load_default=0, validate=validate.Range(-100, 100)),
            "rate": Price(currency),
            **stay_fields(),
            **closing_fields(),
        },
        name="SeasonForm",
    )()


def limits_form(currency: str) -> FormSchema:
    return FormSchema.from_dict({"floor": Price(currency), "ceiling": Price(currency)}, name="LimitsForm")()
