"""Keyset paging: a page is what follows a row, so a million rows cost as little as fifty and none is shown twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from flask import request, url_for

T = TypeVar("T")
SIZE = 50


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows, newest first, and the key after which the next page starts (None: this is the last)."""

    rows: Sequence[T]
    next_key: str | None

    @classmethod
    def of(cls, rows: Sequence[T], key: Callable[[T], object], size: int = SIZE) -> Page[T]:
        """Make a page of a query that asked for `size + 1` rows."""
        shown = rows[:size]
        return cls(shown, str(key(shown[-1])) if len(rows) > size else None)


def after() -> UUID | None:
    """The key the reader asks to continue after (`?after=`); nonsense counts as the first page."""
    try:
        return UUID(request.args["after"])
    except (KeyError, ValueError):
        return None


def here(**changes: str | None) -> str:
    """The address of this very page with some of its filters changed; None drops one."""
    kept = {name: values for name, values in request.args.to_dict(flat=False).items() if name not in changes}
    wanted = {name: value for name, value in changes.items() if value is not None}
    return url_for(request.endpoint or "static", **{**(request.view_args or {}), **kept, **wanted})
