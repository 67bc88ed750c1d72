"""What the guests' pages take: words to search by, notes, and whose value wins in a merge."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext
from marshmallow import ValidationError, fields, validate

from portal.domain.guest_merges import FIELDS, Side
from portal.schemas import FormSchema, Line, clean


class GuestSearch(FormSchema):
    """`same_as` names a guest for whom the same person is looked for."""

    q = Line(longest=200, needed=False, load_default="")
    same_as = fields.UUID(load_default=None)


class Paragraphs(fields.String):
    """Text of several lines, without what PostgreSQL or a log would choke on."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs).replace("\r\n", "\n").strip()
        for line in text.split("\n"):
            clean(line)
        if len(text) > 4000:
            raise ValidationError(lazy_gettext("This is too long."))
        return text


class NotesForm(FormSchema):
    notes = Paragraphs(required=True)


class ContactForm(FormSchema):
    """`shown` is the stamp of what the person saw."""

    shown = Line(longest=16)
    name = Line(longest=200, needed=False, load_default="")
    email = Line(longest=254, needed=False, load_default="")
    phone = Line(longest=40, needed=False, load_default="")
    address = Line(longest=300, needed=False, load_default="")
    postal_code = Line(longest=20, needed=False, load_default="")
    city = Line(longest=100, needed=False, load_default="")
    state = Line(longest=100, needed=False, load_default="")
    company = Line(longest=200, needed=False, load_default="")


def _side() -> fields.String:
    sides = ("", *Side)
    return fields.String(load_default="", validate=validate.OneOf(sides, error=lazy_gettext("Choose one of the list.")))


class _Merge(FormSchema):
    other = fields.UUID(required=True)


# The other guest, and for each field that differs whose value wins; nothing: as the rule has it.
MergeForm = _Merge.from_dict({f"wins_{field}": _side() for field in FIELDS}, name="MergeForm")
