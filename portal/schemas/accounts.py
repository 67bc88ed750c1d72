"""Signing in and up, passwords, choosing where to work."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext
from marshmallow import fields, validate

from portal.schemas import FormSchema, Line, Secret

_EMAIL = validate.Email(error=lazy_gettext("This is not an e-mail address."))


class Address(Line):
    """An e-mail address of at most 254 characters."""

    def __init__(self) -> None:
        super().__init__(longest=254)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return str(_EMAIL(super()._deserialize(value, attr, data, **kwargs)))


class SignInForm(FormSchema):
    email = Line(longest=254)
    password = Secret()


class AddressForm(FormSchema):
    email = Address()


class SignUpForm(FormSchema):
    name = Line()
    organization = Line()
    email = Address()
    new_password = Secret()


class NewPasswordForm(FormSchema):
    new_password = Secret()


class CodeForm(FormSchema):
    code = Line(longest=40)


class SwitchOffForm(FormSchema):
    password = Secret()
    off_code = Line(longest=40)


class PasswordForm(FormSchema):
    password = Secret()
    new_password = Secret()


class SwitchForm(FormSchema):
    property_id = fields.UUID(required=True)


class ThemeForm(FormSchema):
    theme = fields.String(load_default="", validate=validate.OneOf(("", "light", "dark")))
    next = fields.String(load_default="/")
