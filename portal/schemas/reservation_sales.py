"""What the forms of the desk may hold: a new reservation, and a change of one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext
from marshmallow import ValidationError, fields, validate, validates_schema

from portal.domain.reservations import Source
from portal.schemas import FormSchema, Line, clean
from portal.schemas.days import Day

SOURCES = (Source.WALK_IN, Source.PHONE, Source.DIRECT)
_NEEDED = lazy_gettext("This is needed.")
_OF_THE_LIST = lazy_gettext("Choose one of the list.")
_PEOPLE = lazy_gettext("This is no number of people for a room.")
_MOST_PEOPLE = 60


class Lines(Line):
    """Several lines of text."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = str(value).replace("\r\n", "\n")
        return "\n".join(clean(line) for line in text.split("\n")).strip()


class Choice(fields.Field[UUID | None]):
    """An id of a list, or nothing chosen."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> UUID | None:
        try:
            return UUID(value) if value else None
        except (ValueError, AttributeError):
            raise ValidationError(_OF_THE_LIST) from None


class Amount(fields.Field[Decimal | None]):
    """An amount as a person types it, or nothing. The service knows the currency and checks the decimals."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal | None:
        text = str(value).strip()
        if not text:
            return None
        whole, _, decimals = text.partition(".")
        if not (text.isascii() and whole.isdigit() and len(whole) <= 12 and (decimals or "0").isdigit()):
            raise ValidationError(lazy_gettext("An amount is written in digits with a point, like 1250.00."))
        return Decimal(text)


class Count(fields.Integer):
    """How many people; an empty field says nothing."""

    def __init__(self, least: int, usual: int | None) -> None:
        super().__init__(
            load_default=usual, validate=validate.Range(least, _MOST_PEOPLE, error=_PEOPLE), allow_none=True
        )

    def deserialize(self, value: Any, *more: Any, **kwargs: Any) -> Any:
        return self.load_default if value == "" else super().deserialize(value, *more, **kwargs)


class Takes(fields.Field[tuple[UUID, UUID | None, int] | None]):
    """How many rooms of an offer: `room type|plan|number`; nothing for none."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Any, **kwargs: Any
    ) -> tuple[UUID, UUID | None, int] | None:
        if not value:
            return None
        try:
            kind, plan, number = str(value).split("|")
            return UUID(kind), UUID(plan) if plan else None, int(number[:3])
        except ValueError:
            raise ValidationError(_OF_THE_LIST) from None


class Question(FormSchema):
    """What is looked for; each may be left out."""

    key = Choice(load_default=None)
    check_in = Day(load_default=None)
    check_out = Day(load_default=None)
    adults = Count(1, 1)
    children = Count(0, 0)
    infants = Count(0, 0)
    room_type_id = Choice(load_default=None)
    rate_plan_id = Choice(load_default=None)
    room_id = Choice(load_default=None)


class SaleForm(Question):
    """A new reservation. `adults` and the others are of each room."""

    take = fields.List(Takes(), load_default=list)
    take.many_values = True  # type: ignore[attr-defined]
    source = fields.String(load_default=Source.DIRECT.value, validate=validate.OneOf([*SOURCES], error=_OF_THE_LIST))
    pending = fields.Boolean(load_default=False)
    guest_id = Choice(load_default=None)
    name = Line(longest=200, needed=False, load_default="")
    email = Line(longest=254, needed=False, load_default="")
    phone = Line(longest=40, needed=False, load_default="")
    arrival_hour = Line(longest=20, needed=False, load_default="")
    notes = Lines(longest=2000, needed=False, load_default="")
    amount = Amount(load_default=None)
    price_reason = Line(longest=300, needed=False, load_default="")
    anyway = fields.Boolean(load_default=False)

    @validates_schema
    def _whole(self, data: dict[str, Any], **kwargs: Any) -> None:
        missing = [name for name in ("check_in", "check_out") if not data.get(name)]
        if missing:
            raise ValidationError({name: [str(_NEEDED)] for name in missing})
        if data.get("key") is None:
            raise ValidationError(lazy_gettext("This form is incomplete: open it again."), "key")
        if not data["name"]:
            raise ValidationError(_NEEDED, "name")
        if not any(take and take[2] for take in data["take"]):
            raise ValidationError(lazy_gettext("Choose a room."), "take")
        reasoned(data)


class ChangeForm(FormSchema):
    """What is to be different. `price`: keep it, ask the plan, or the amount that was typed."""

    room = Choice(load_default=None)
    version = fields.Integer(load_default=None)
    check_in = Day(load_default=None)
    check_out = Day(load_default=None)
    offer = fields.String(load_default="")
    adults = Count(1, None)
    children = Count(0, None)
    infants = Count(0, None)
    price = fields.String(load_default="keep", validate=validate.OneOf(["keep", "plan", "own"], error=_OF_THE_LIST))
    amount = Amount(load_default=None)
    price_reason = Line(longest=300, needed=False, load_default="")
    name = Line(longest=200, needed=False, load_default="")
    email = Line(longest=254, needed=False, load_default="")
    phone = Line(longest=40, needed=False, load_default="")
    notes = Lines(longest=2000, needed=False, load_default="")

    @validates_schema
    def _price(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data["price"] == "own":
            if data["amount"] is None:
                raise ValidationError(_NEEDED, "amount")
            reasoned(data)


def reasoned(data: dict[str, Any]) -> None:
    """A price that is not the plan's has a reason: the month's figures will ask."""
    if data["amount"] is not None and not data["price_reason"]:
        raise ValidationError(lazy_gettext("Say why it is not the plan's price."), "price_reason")
