"""The form of one night as its panel shows it: fresh, refused, out of date, or odd."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from portal.domain.money import wire
from portal.schemas.prices import CLOSINGS, STAYS
from portal.schemas.rates import night_form
from portal.services import rate_cell
from portal.services.night_trace import Change, NightTrace
from portal.web.forms import Form
from providers.types import Cell

NAMES = ("rate", *STAYS, *CLOSINGS)


@dataclass
class NightEdit:
    """`now` stands there; `values` are shown in the fields. `by`: who made the change this one came too late for."""

    now: Cell
    values: Mapping[str, Any]
    form: Form = field(default_factory=Form)
    stale: bool = False
    by: Change | None = None
    look: rate_cell.SecondLook | None = None

    @property
    def shown(self) -> str:
        """What the next click says it saw."""
        return rate_cell.stamp(self.now)


def fresh(night: NightTrace) -> NightEdit | None:
    """The form as it is first shown; None for rooms, and for a night that is over."""
    found = night.trace
    if not found.currency or night.over or not isinstance(found.wanted, Cell):
        return None
    cell = found.wanted
    rate = "" if cell.rate is None else wire(cell.rate, found.currency)
    return NightEdit(cell, {**cell._asdict(), "rate": rate})


def typed(night: NightTrace, form: Form, source: MultiDict[str, str]) -> NightEdit | None:
    """The form with what a person typed."""
    edit = fresh(night)
    if edit is not None:
        edit.form = form
        edit.values = {name: source.get(name, "") for name in NAMES}
    return edit


def read(source: MultiDict[str, str], currency: str) -> Form:
    """What was sent; a box that is not ticked is a no."""
    return Form.read(night_form(currency), source)


def wanted(form: Form) -> dict[str, Any]:
    """The values of a sound form. A field left empty stays as it is: only the button takes a night's own word off."""
    values = {name: form.data[name] for name in ("rate", *STAYS) if form.data[name] is not None}
    return {**values, **{name: bool(form.data[name]) for name in CLOSINGS}}
