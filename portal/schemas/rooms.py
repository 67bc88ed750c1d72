"""What the forms of the rooms page hold: housekeeping, one room, a block, a room type."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import lazy_gettext
from marshmallow import ValidationError, fields, validate, validates_schema

from portal.domain.nights import LONGEST_STAY
from portal.schemas import FormSchema, Line
from portal.schemas.days import Day

HOUSEKEEPING = ("clean", "dirty", "out_of_order")
REASONS = ("maintenance", "out_of_order", "owner_use", "other")
MOST_ROOMS = 200  # added in one go
_OF_THE_LIST = lazy_gettext("Choose one of the list.")
_NEEDED = lazy_gettext("This is needed.")


class HouseFilter(FormSchema):
    """Which rooms are shown; nothing: all of them."""

    state = fields.String(load_default="")


class HousekeepingForm(FormSchema):
    """How a room is. `page` says which page asked, so that a browser without scripts goes back there."""

    state = fields.String(required=True, validate=validate.OneOf(HOUSEKEEPING, error=_OF_THE_LIST))
    page = fields.String(load_default="")


class RoomForm(FormSchema):
    number = Line(longest=32)
    floor = Line(longest=16, needed=False, load_default="")


class BlockForm(FormSchema):
    """`starts` is the first night off sale, `last` the last one. `key` makes a second click harmless."""

    starts = Day(required=True)
    last = Day(required=True)
    reason = fields.String(load_default="maintenance", validate=validate.OneOf(REASONS, error=_OF_THE_LIST))
    note = Line(longest=500, needed=False, load_default="")
    key = fields.UUID(load_default=None)
    agreed = fields.String(load_default="", validate=validate.Length(max=64))

    @validates_schema
    def _in_order(self, data: dict[str, Any], **kwargs: Any) -> None:
        for name in ("starts", "last"):
            if data.get(name) is None:
                raise ValidationError(_NEEDED, name)
        if data["last"] < data["starts"]:
            raise ValidationError(lazy_gettext("The last night lies before the first."), "last")
        if (data["last"] - data["starts"]).days >= LONGEST_STAY:
            too_long = lazy_gettext("A block has at most %(most)d nights.", most=LONGEST_STAY)
            raise ValidationError(too_long, "last")


class Agreed(FormSchema):
    """What the person agreed to, by its token; nothing yet when it is empty."""

    agreed = fields.String(load_default="", validate=validate.Length(max=64))


class TypeForm(FormSchema):
    """A room type: its name, and how many people it sleeps."""

    name = Line(longest=200)
    max_adults = fields.Integer(required=True)
    max_children = fields.Integer(load_default=0)
    max_infants = fields.Integer(load_default=0)
    default_occupancy = fields.Integer(required=True)


class NewType(TypeForm):
    """A room type with its rooms."""

    numbers = Line(longest=4000, needed=False, load_default="")
    key = fields.UUID(load_default=None)


class MoreRooms(FormSchema):
    """Rooms to add: numbers with blanks or commas between them; `101-104` stands for four."""

    numbers = Line(longest=4000)
    floor = Line(longest=16, needed=False, load_default="")
    key = fields.UUID(load_default=None)


_RANGE = re.compile(r"([0-9]{1,6})\s*[-–]\s*([0-9]{1,6})")


def numbers_of(text: str) -> list[str]:
    """The room numbers a person typed: `101, 102 201-203`. Raises ValueError for more than `MOST_ROOMS`."""
    found: list[str] = []
    for part in re.split(r"[,;\s]+", _RANGE.sub(lambda match: f"{match[1]}-{match[2]}", text)):
        span = _RANGE.fullmatch(part)
        if span is None:
            found += [part] if part else []
        elif not 0 <= int(span[2]) - int(span[1]) < MOST_ROOMS:
            raise ValueError("too many rooms at once")
        else:
            width = len(span[1])
            found += [str(number).zfill(width) for number in range(int(span[1]), int(span[2]) + 1)]
    if len(found) > MOST_ROOMS:
        raise ValueError("too many rooms at once")
    return found
