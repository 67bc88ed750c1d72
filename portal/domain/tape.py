"""Spans of nights laid out in lines: what a tape chart draws. A span is half-open, like a stay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from portal.domain.nights import ONE_NIGHT, Window, each

T = TypeVar("T")


@dataclass(frozen=True)
class Span(Generic[T]):
    """Something that takes the nights `[start, end)`."""

    start: date
    end: date
    what: T


@dataclass(frozen=True)
class Stretch(Generic[T]):
    """A piece of a line: one free night, or the part of a span that the window shows."""

    first: date
    nights: int
    span: Span[T] | None = None
    cut_left: bool = False  # it began before the window
    cut_right: bool = False  # it goes on after it


def lines(spans: Iterable[Span[T]]) -> list[list[Span[T]]]:
    """Put the spans into as few lines as it takes that none lies over another, the earliest first.

    One that begins on the day another ends follows it in the same line.
    """
    laid: list[list[Span[T]]] = []
    for span in sorted(spans, key=lambda each: (each.start, each.end)):
        line = next((line for line in laid if line[-1].end <= span.start), None)
        if line is None:
            laid.append([span])
        else:
            line.append(span)
    return laid


def stretches(line: Sequence[Span[T]], window: Window) -> list[Stretch[T]]:
    """Cover every night of the window once, from left to right: free nights one by one, spans as a whole.

    Raises ValueError when two spans of the line overlap.
    """
    found: list[Stretch[T]] = []
    at, after = window.first, window.last + ONE_NIGHT
    for span in line:
        start, end = max(span.start, window.first), min(span.end, after)
        if end <= start:
            continue
        if start < at:
            raise ValueError(f"two spans on one line take the night of {start}")
        found += [Stretch(night, 1) for night in each(at, start - ONE_NIGHT)]
        cut = (span.start < window.first, span.end > after)
        found.append(Stretch(start, (end - start).days, span, *cut))
        at = end
    return found + [Stretch(night, 1) for night in each(at, window.last)]
