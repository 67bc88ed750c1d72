"""What a plan's restrictions say against a stay. They bind channels; a person at the desk reads them and decides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from portal.domain.nights import nights
from providers.types import Cell


class Against(StrEnum):
    STOP_SELL = "stop_sell"
    CLOSED_TO_ARRIVAL = "closed_to_arrival"
    CLOSED_TO_DEPARTURE = "closed_to_departure"
    MIN_STAY = "min_stay_through"
    MAX_STAY = "max_stay"


def against(cells: Mapping[date, Cell], check_in: date, check_out: date) -> list[tuple[Against, int]]:
    """Return the restrictions the stay `[check_in, check_out)` does not keep, each with its number of nights (or 0).

    `cells` holds the nights of the stay and, where it is known, the day of departure.
    """
    stay = [cells[night] for night in nights(check_in, check_out)]
    found: list[tuple[Against, int]] = []
    if any(cell.stop_sell for cell in stay):
        found.append((Against.STOP_SELL, 0))
    if stay[0].closed_to_arrival:
        found.append((Against.CLOSED_TO_ARRIVAL, 0))
    if check_out in cells and cells[check_out].closed_to_departure:
        found.append((Against.CLOSED_TO_DEPARTURE, 0))
    least = max(stay[0].min_stay_arrival, *(cell.min_stay_through for cell in stay))
    if len(stay) < least:
        found.append((Against.MIN_STAY, least))
    most = min((cell.max_stay for cell in stay if cell.max_stay), default=0)
    if most and len(stay) > most:
        found.append((Against.MAX_STAY, most))
    return found
