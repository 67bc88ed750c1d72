"""Connecting an OTA: its account, the checklist, what a person asks of it."""

from __future__ import annotations

from flask_babel import lazy_gettext
from marshmallow import fields, validate

from portal.schemas import FormSchema, Line


class AccountForm(FormSchema):
    account_id = Line(longest=64)


class TickForm(FormSchema):
    item = fields.String(required=True, validate=validate.Length(max=32))
    done = fields.Boolean(required=True)


class SwitchingForm(FormSchema):
    switching = fields.Boolean(required=True)


class AskForm(FormSchema):
    wish = fields.String(
        required=True,
        validate=validate.OneOf(
            ("pause", "disconnect", "resume", "consent", "frame"), error=lazy_gettext("Choose one of the list.")
        ),
    )


class WebhookForm(FormSchema):
    register = fields.Boolean(required=True)
