"""The restrictions of a rate plan's calendar: which are yes or no, and what each is when nobody set it."""

from __future__ import annotations

RESTRICTIONS = (
    "min_stay_arrival", "min_stay_through", "max_stay", "closed_to_arrival", "closed_to_departure", "stop_sell",
)  # fmt: skip
FLAGS = frozenset(("closed_to_arrival", "closed_to_departure", "stop_sell"))
FREE = {"min_stay_arrival": 1, "min_stay_through": 1, "max_stay": 0}
