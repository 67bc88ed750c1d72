"""Inviting people, and what they may do where."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext
from marshmallow import fields, validate

from portal.schemas import FormSchema, Line, Secret
from portal.schemas.accounts import Address

ROLES = ("owner", "manager", "staff", "viewer")


class Many(fields.List):
    """A field that may be sent several times, such as the boxes of a list."""

    many_values = True


class MemberForm(FormSchema):
    """`everywhere` is a box: absent when it is not ticked."""

    role = fields.String(required=True, validate=validate.OneOf(ROLES, error=lazy_gettext("Choose one of the list.")))
    everywhere = fields.Boolean(load_default=False)
    properties: Any = Many(fields.UUID(), load_default=list)


class InviteForm(MemberForm):
    email = Address()


class JoinForm(FormSchema):
    name = Line()
    new_password = Secret()
