"""Validation of what a client writes about its content, with the messages Channex gives."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.channex.errors import Refused
from sandbox.web import Request

BLANK = "can't be blank"
INVALID = "is invalid"


def wrapped(request: Request, name: str) -> dict[str, Any]:
    """The attributes a request carries under its singular type name. Raises Refused."""
    value = request.json().get(name)
    if not isinstance(value, dict):
        raise Refused(422, {name: [BLANK]})
    return value


class Check:
    """Collects what is wrong with the fields of a body."""

    def __init__(self, given: dict[str, Any], partial: bool = False) -> None:
        self.given = given
        self.partial = partial
        self.problems: dict[str, list[str]] = {}

    def wrong(self, field: str, message: str) -> None:
        """Note a problem."""
        self.problems.setdefault(field, []).append(message)

    def done(self) -> None:
        """Raise Refused when anything was wrong."""
        if self.problems:
            raise Refused(422, self.problems)

    def _asked(self, field: str, required: bool) -> bool:
        if field not in self.given and (self.partial or not required):
            return False
        if self.given.get(field) in (None, ""):
            if required:
                self.wrong(field, BLANK)
            return False
        return True

    def text(self, field: str, longest: int = 255, required: bool = False) -> None:
        """A string of at most so many characters."""
        if not self._asked(field, required):
            return
        value = self.given[field]
        if not isinstance(value, str):
            self.wrong(field, INVALID)
        elif not value.strip():
            self.wrong(field, BLANK)
        elif len(value) > longest:
            self.wrong(field, f"should be at most {longest} character(s)")

    def number(self, field: str, least: int, required: bool = False) -> None:
        """A whole number of at least `least`."""
        if not self._asked(field, required):
            return
        value = self.given[field]
        if not isinstance(value, int) or isinstance(value, bool):
            self.wrong(field, INVALID)
        elif value < least:
            rule = "greater than 0" if least == 1 else f"greater than or equal to {least}"
            self.wrong(field, f"must be {rule}")

    def choice(self, field: str, choices: Iterable[str], required: bool = False) -> None:
        """One of some words."""
        if self._asked(field, required) and self.given[field] not in choices:
            self.wrong(field, INVALID)

    def flag(self, field: str) -> None:
        """True or false."""
        if field in self.given and not isinstance(self.given[field], bool):
            self.wrong(field, INVALID)
