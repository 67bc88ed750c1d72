"""What a use case says to a person: an English sentence and the values in it, told apart.

The web says it in the reader's language (`portal.web.refusals`); logs and tests read the English. A sentence is
written out where it is raised, because that is where translators' tools look for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import NamedTuple


class Phrase(str):
    """A sentence, or a piece of one as a value, that is not itself the first argument of `Refused`."""


class Counted(NamedTuple):
    """A sentence in two forms: the value `num` decides between them."""

    one: str
    many: str


@dataclass(frozen=True)
class Amount:
    """Money in a sentence, shown with the currency's own decimals."""

    value: Decimal
    currency: str


# A plain str is data (a name, a code) and stays as it is; a tuple is a list of things.
One = str | int | date | Enum | Amount
Value = One | tuple[One, ...]


def english(sentence: str | Counted, values: Mapping[str, Value]) -> str:
    """The sentence as it is logged: days as 2026-12-31, states with their underscores opened."""
    if isinstance(sentence, Counted):
        sentence = sentence.one if values["num"] == 1 else sentence.many
    return sentence % {name: _plain(value) for name, value in values.items()} if values else str(sentence)


def _plain(value: Value) -> str:
    if isinstance(value, Amount):
        return f"{value.currency} {value.value}"
    if isinstance(value, tuple):
        return ", ".join(_plain(each) for each in value)
    if isinstance(value, Enum):
        return str(value.value).replace("_", " ")
    return value.isoformat() if isinstance(value, date) else str(value)
