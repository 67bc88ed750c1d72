"""Connecting a channel manager by a code: the code, an account, a property, a pace."""

from __future__ import annotations

from flask_babel import lazy_gettext
from marshmallow import ValidationError, fields, validates_schema

from portal.schemas import FormSchema, Line


class CodeForm(FormSchema):
    """A new code, or an account that is signed in already."""

    code = Line(needed=False, longest=300, load_default="")
    login_id = fields.UUID(load_default=None, allow_none=True)

    @validates_schema
    def _one_of_them(self, data: dict[str, object], **more: object) -> None:
        if not data.get("code") and not data.get("login_id"):
            raise ValidationError(lazy_gettext("Paste the code, or choose an account."), "code")


class NewCodeForm(FormSchema):
    code = Line(longest=300)


class PropertyForm(FormSchema):
    external_property_id = Line(longest=64)


class PaceForm(FormSchema):
    minutes = fields.Integer(required=True)
