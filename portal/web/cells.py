"""What stands in a cell of the grid of nights: the number, its glyphs, and the same in words for screen readers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask import Flask, g
from flask_babel import gettext, ngettext
from markupsafe import Markup, escape

from portal.domain.money import exponent
from portal.services.grid import ORDER, CellState, GridCell, GridRow
from portal.services.price_chain import Layer
from portal.services.trace import Trace
from portal.web.filters import money, number
from portal.web.vocabulary import CELLS, FIELDS
from portal.web.words import reason, say
from portal.web.words import value as field_value
from providers.types import Cell

SATURDAY = 5
FRIDAY = 4
_USUAL = Cell(None)._asdict()


def install(app: Flask) -> None:
    app.jinja_env.globals.update(
        night_class=night_class, cell_class=cell_class, cell_title=cell_title, cell_words=cell_words,
        value_words=value_words, layer_words=layer_words, cell_of=cell_of, cell_parts=cell_parts,
    )  # fmt: skip


def cell_parts(row: GridRow, cell: GridCell) -> tuple[str, str, Markup]:
    """Class, title and content of a cell. Most cells of a page are alike: each kind is written once a request."""
    known: dict[Any, tuple[str, str, Markup]] = g.setdefault("cell_parts", {})
    key = row.currency, cell.value, cell.state, cell.reason, cell.detail
    if key not in known:
        known[key] = cell_class(cell), cell_title(row, cell), cell_words(row, cell)
    return known[key]


def night_class(night: date, today: date) -> str:
    """Weekend nights (Friday and Saturday), today, and what is past."""
    names = []
    if night.weekday() in (FRIDAY, SATURDAY):
        names.append("is-weekend")
    if night == today:
        names.append("is-today")
    elif night < today:
        names.append("is-past")
    return " ".join(names)


def cell_class(cell: GridCell) -> str:
    """Closed, full, sold twice: with a blank before it, to follow `night_class`."""
    if isinstance(cell.value, Cell):
        return " is-closed" if cell.value.stop_sell else ""
    if cell.detail and cell.detail.oversold:
        return " is-oversold"
    return " is-full" if cell.value == 0 else ""


def cell_words(row: GridRow, cell: GridCell) -> Markup:
    """The number and its glyphs; the state follows for screen readers."""
    if isinstance(cell.value, Cell):
        shown = Markup("{}").format(price(cell.value, row.currency))
        marks = _glyphs(cell.value)
        if marks:
            shown += Markup('<span class="glyphs" aria-hidden="true">{}</span>').format(" ".join(marks))
            shown += _hidden(", ".join(restrictions(cell.value)))
    else:
        shown = escape(number(cell.value))
    return shown + _hidden(say(CELLS, cell.state))


def cell_title(row: GridRow, cell: GridCell) -> str:
    """What shows on hover: what the number is made of, the restrictions, how far it got."""
    said = [_counts(cell)] if cell.detail else []
    if isinstance(cell.value, Cell):
        said += restrictions(cell.value)
    state = say(CELLS, cell.state)
    said.append(f"{state}: {reason(cell.reason)}" if cell.reason else state)
    return "; ".join(part for part in said if part)


def cell_of(found: Trace) -> tuple[GridRow, GridCell]:
    """The cell of the grid that a trace is about, with its row."""
    states = [(proof.state, proof.reason) for proof in found.proofs]
    state, reason = min(states, key=lambda each: ORDER.index(each[0]), default=(CellState.NOWHERE, ""))
    row = GridRow(found.kind, found.subject_id, found.name, found.currency, ())
    detail = None if found.currency else found.detail
    return row, GridCell(found.night, found.wanted, state, reason, detail)


def price(value: Cell, currency: str) -> str:
    """The price with the currency's decimals, or that the night is closed."""
    if value.rate is None:
        return str(gettext("no price"))
    return number(value.rate, exponent(currency))


def value_words(value: int | Cell, currency: str) -> str:
    """A night's value in a sentence: `2 rooms`, or the price with its restrictions."""
    if not isinstance(value, Cell):
        return str(ngettext("%(num)d room", "%(num)d rooms", value))
    shown = gettext("no price") if value.rate is None else money(value.rate, currency)
    return ", ".join([str(shown), *restrictions(value)])


def layer_words(layer: Layer, names: Iterable[str], currency: str) -> list[str]:
    """What one layer says about these fields, in the order of the trade; what is usual is left unsaid."""
    wanted = set(names)
    return [
        f"{FIELDS[name]} {field_value(name, value, currency)}"
        for name, value in layer.said.items()
        if name in wanted and value is not None and value != _USUAL.get(name)
    ]


def restrictions(value: Cell) -> list[str]:
    """The restrictions of a night in words; none when a guest may come and go as they like."""
    said: list[str] = []
    if value.stop_sell:
        said.append(gettext("closed for sale"))
    if value.min_stay_arrival > 1:
        said.append(ngettext("minimum stay on arrival %(num)d night", "minimum stay on arrival %(num)d nights",
                             value.min_stay_arrival))  # fmt: skip
    if value.min_stay_through > 1:
        said.append(ngettext("minimum stay %(num)d night", "minimum stay %(num)d nights", value.min_stay_through))
    if value.max_stay:
        said.append(ngettext("maximum stay %(num)d night", "maximum stay %(num)d nights", value.max_stay))
    if value.closed_to_arrival:
        said.append(gettext("closed to arrival"))
    if value.closed_to_departure:
        said.append(gettext("closed to departure"))
    return said


def _glyphs(value: Cell) -> list[str]:
    found = []
    if value.stop_sell:
        found.append(str(gettext("closed")))
    shortest = max(value.min_stay_arrival, value.min_stay_through)
    if shortest > 1:
        found.append(f"≥{shortest}")
    if value.max_stay:
        found.append(f"≤{value.max_stay}")
    if value.closed_to_arrival:
        found.append("→|")
    if value.closed_to_departure:
        found.append("|→")
    return found


def _counts(cell: GridCell) -> str:
    detail = cell.detail
    if detail is None:
        return ""
    said = [gettext("%(units)d rooms, %(sold)d sold", units=detail.units, sold=detail.sold)]
    if detail.blocked:
        said.append(gettext("%(num)d blocked", num=detail.blocked))
    if detail.waiting:
        said.append(gettext("%(num)d sold without a room", num=detail.waiting))
    if detail.oversold:
        said.append(gettext("%(num)d too many", num=detail.oversold))
    return ", ".join(said)


def _hidden(text: str) -> Markup:
    return Markup('<span class="visually-hidden">, {}</span>').format(text) if text else Markup("")
