"""What the first step of a set-up holds: the hotel itself. Money and time follow the country unless they are chosen."""

from __future__ import annotations

from datetime import time
from typing import Any

import phonenumbers
from flask_babel import lazy_gettext
from marshmallow import ValidationError, fields, post_load, validate

from portal.schemas import FormSchema, Line
from portal.web import countries

ROUTE_LONGEST = 32
_EMAIL = validate.Email(error=lazy_gettext("This is not an e-mail address."))


class Clock(fields.Field[time]):
    """A time of day as a time picker sends it: HH:MM."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> time:
        try:
            return time.fromisoformat(str(value).strip()).replace(tzinfo=None)
        except ValueError:
            raise ValidationError(lazy_gettext("This is not a time of day, like 15:00.")) from None


class PropertyForm(FormSchema):
    name = Line(longest=200)
    country = Line(longest=2)
    currency = Line(longest=3, needed=False, load_default="")
    timezone = Line(longest=64, needed=False, load_default="")
    address = Line(longest=255, needed=False, load_default="")
    postal_code = Line(longest=32, needed=False, load_default="")
    city = Line(longest=255, needed=False, load_default="")
    email = Line(longest=254, needed=False, load_default="")
    phone = Line(longest=32, needed=False, load_default="")
    check_in_from = Clock(required=True)
    check_out_until = Clock(required=True)

    @post_load
    def _of_the_country(self, data: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        wrong: dict[str, list[Any]] = {}
        country = data["country"]
        if not countries.zones_of(country):
            raise ValidationError(lazy_gettext("Choose one of the list."), "country")
        data["currency"] = data["currency"] or next(iter(countries.currencies_of(country)), "")
        if data["currency"] not in dict(countries.currencies()):
            wrong["currency"] = [lazy_gettext("Choose one of the list.")]
        if not data["timezone"] and not countries.has_one_time(country):
            wrong["timezone"] = [lazy_gettext("This country has several times of day: choose the hotel's.")]
        data["timezone"] = data["timezone"] or countries.zones_of(country)[0]
        if data["timezone"] not in countries.zones_of(country):
            wrong["timezone"] = [lazy_gettext("This is not a time zone of the country.")]
        if data["email"]:
            _email(data["email"], wrong)
        if data["phone"]:
            data["phone"] = _phone(data["phone"], country, wrong)
        if wrong:
            raise ValidationError(wrong)
        return {name: value if value != "" else None for name, value in data.items()}


class RouteForm(FormSchema):
    """How to connect: `later`, or a provider and an OTA."""

    route = Line(longest=ROUTE_LONGEST)
    switching = fields.Boolean(load_default=False)


class RoomListForm(FormSchema):
    """A list of rooms, pasted. A file is read by the view."""

    text = fields.String(load_default="", validate=validate.Length(max=200_000))


def _email(text: str, wrong: dict[str, list[Any]]) -> None:
    try:
        _EMAIL(text)
    except ValidationError as error:
        wrong["email"] = list(error.messages)


def _phone(text: str, country: str, wrong: dict[str, list[Any]]) -> str:
    try:
        number = phonenumbers.parse(text, country)
        if phonenumbers.is_possible_number(number):
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))
    except phonenumbers.NumberParseException:
        pass
    wrong["phone"] = [lazy_gettext("This is not a telephone number.")]
    return text
