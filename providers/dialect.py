"""How one provider words what HTTP leaves open: its refusals, and what it says of the calls we have left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from providers.refusals import DEFAULT_WAIT, Refusal, read_refusal


class Credits(NamedTuple):
    """What an answer says of an account's allowance. `None` is unknown, never zero."""

    remaining: Decimal | None
    resets_in: float | None  # seconds
    cost: Decimal | None  # of this very call


def no_credits(headers: Mapping[str, str]) -> Credits | None:
    """Return `None`: this provider does not meter its calls in headers of its own."""
    return None


@dataclass(frozen=True)
class Dialect:
    """`default_wait` is how many seconds a 429 stands for that names no time."""

    read_error: Callable[[Any], Refusal] = read_refusal
    read_credits: Callable[[Mapping[str, str]], Credits | None] = no_credits
    default_wait: float = DEFAULT_WAIT

    def wait(self, headers: Mapping[str, str]) -> float:
        """Return the seconds to wait after a 429 without `Retry-After`."""
        credits = self.read_credits(headers)
        return self.default_wait if credits is None or credits.resets_in is None else credits.resets_in
