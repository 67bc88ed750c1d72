"""Signing in, changing a password, choosing where to work."""

from __future__ import annotations

from marshmallow import fields, validate

from portal.schemas import FormSchema, Line, Secret


class SignInForm(FormSchema):
    email = Line(longest=254)
    password = Secret()


class PasswordForm(FormSchema):
    password = Secret()
    new_password = Secret()


class SwitchForm(FormSchema):
    property_id = fields.UUID(required=True)


class ThemeForm(FormSchema):
    theme = fields.String(load_default="", validate=validate.OneOf(("", "light", "dark")))
    next = fields.String(load_default="/")
