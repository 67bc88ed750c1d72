"""A line of a bulk edit between its form and its value."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import gettext
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from portal.domain.money import wire
from portal.domain.nights import Window, parse_date
from portal.domain.rate_edits import Copy, How, Line
from portal.schemas.prices import CLOSINGS, STAYS
from portal.schemas.rate_edits import line_form, read_amount
from portal.web.forms import Form

MOST_SPANS = 20
_HOWS = {"set": How.SET, "raise": How.AMOUNT, "lower": How.AMOUNT, "raise_percent": How.PERCENT,
         "lower_percent": How.PERCENT, "rules": How.RULES, "keep": How.KEEP}  # fmt: skip


@dataclass
class LineForm:
    """What the fields show; `line` is there when all of it makes sense."""

    values: dict[str, Any] = field(default_factory=lambda: {"how": "keep"})
    weekdays: set[int] = field(default_factory=lambda: set(range(7)))
    plans: set[str] = field(default_factory=set)
    spans: list[tuple[str, str]] = field(default_factory=lambda: [("", ""), ("", "")])
    number: int | None = None  # of the line it changes; None: a new one
    form: Form = field(default_factory=Form)
    line: Line | None = None

    @property
    def errors(self) -> dict[str, list[str]]:
        return self.form.errors


def of(line: Line, number: int, currency: str) -> LineForm:
    """The form of a line that is there."""
    values: dict[str, Any] = {"how": line.how.value}
    if line.price is not None:
        up = line.price >= 0
        if line.relative():
            values["how"] = ("raise" if up else "lower") + ("_percent" if line.how is How.PERCENT else "")
        values["price"] = wire(abs(line.price), currency) if line.how is not How.PERCENT else f"{abs(line.price):f}"
    fields = {name: value for name, value in line.fields.items() if value is not None}
    values |= {name: ("yes" if value else "no") if name in CLOSINGS else str(value) for name, value in fields.items()}
    if None in line.fields.values():
        values["rest"] = "1"
    if line.copy is not None:
        values |= {
            "copied": "night" if line.copy.night else "plan",
            "copy_night": str(line.copy.night or ""),
            "copy_plan": str(line.copy.plan or ""),
        }
    return LineForm(
        values=values,
        weekdays={day for day in range(7) if line.weekdays >> day & 1},
        plans={str(plan_id) for plan_id in line.plans},
        spans=[(str(first), str(last)) for first, last in line.spans],
        number=number,
    )


def read(source: MultiDict[str, str], currency: str) -> LineForm:
    """What was sent, with its line when there are no errors."""
    form = Form.read(line_form(), source)
    typed = _typed(source)
    found = LineForm(
        values=dict(source.items()),
        weekdays={int(day) for day in source.getlist("weekday") if day in "0123456"} or set(),
        plans=set(source.getlist("plan")),
        spans=typed or [("", "")],
        form=form,
    )
    if form.errors:
        return found
    found.number = form.data["line"]
    spans = _spans(form, typed)
    if not form.data["weekday"]:
        form.refuse("weekdays", gettext("Choose at least one day of the week."))
    wish = _wish(form, currency)
    if not form.errors:
        mask = sum(1 << day for day in set(form.data["weekday"]))
        found.line = Line(plans=tuple(dict.fromkeys(form.data["plan"])), spans=spans, weekdays=mask, **wish)
    return found


def _typed(source: MultiDict[str, str]) -> list[tuple[str, str]]:
    """The ranges as they were typed, empty ones left out."""
    pairs = [(source.get(f"first_{at}", ""), source.get(f"last_{at}", "")) for at in range(MOST_SPANS)]
    return [pair for pair in pairs if any(pair)]


def _spans(form: Form, typed: list[tuple[str, str]]) -> tuple[Window, ...]:
    spans = []
    for number, pair in enumerate(typed):
        days = [_day(form, f"{name}_{number}", text) for name, text in zip(("first", "last"), pair, strict=True)]
        # One night may be named by its first field alone.
        first, last = days[0], days[1] if pair[1] else days[0]
        if not pair[0]:
            form.refuse(f"first_{number}", gettext("This is needed."))
        if first is not None and last is not None:
            spans.append(Window(first, last))
    return tuple(spans)


def _day(form: Form, name: str, text: str) -> date | None:
    if not text:
        return None
    try:
        return parse_date(text)
    except ValueError:
        form.refuse(name, gettext("This is not a date."))
        return None


def _wish(form: Form, currency: str) -> dict[str, Any]:
    """What changes: the price, stays and closings, or a copy of another night's."""
    data = form.data
    if data["copied"] == "night":
        if data["copy_night"] is None:
            form.refuse("copy_night", gettext("This is needed."))
        return {"copy": Copy(night=data["copy_night"])}
    if data["copied"] == "plan":
        try:
            return {"copy": Copy(plan=UUID(data["copy_plan"]))}
        except ValueError:
            form.refuse("copy_plan", gettext("Choose one of the list."))
            return {}
    wish: dict[str, Any] = {"how": _HOWS[data["how"]]}
    if data["how"] not in ("keep", "rules"):
        try:
            wish["price"] = read_amount(data["how"], data["price"], currency)
        except ValidationError as error:
            form.refuse("price", str(error.messages[0]))
    fields = {name: data[name] for name in (*STAYS, *CLOSINGS) if data[name] is not None}
    if data["rest"]:
        fields = {name: fields.get(name) for name in (*STAYS, *CLOSINGS)}
        wish["how"] = How.RULES if wish["how"] is How.KEEP else wish["how"]
    return {**wish, "fields": fields}
