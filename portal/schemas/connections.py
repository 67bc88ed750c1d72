"""Turning a connection's switches, pausing it."""

from __future__ import annotations

from marshmallow import fields, validate

from portal.schemas import FormSchema, Line


class SwitchForm(FormSchema):
    name = fields.String(required=True, validate=validate.Length(max=32))
    on = fields.Boolean(required=True)


class PauseForm(FormSchema):
    reason = Line(needed=False, longest=200, load_default="")
