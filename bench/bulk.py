"""A year of many plans changed at once: looked at, applied, sent, undone."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from time import perf_counter

from bench.calendars import ari_calls, last_call, today
from bench.hotels import connected, quiet
from bench.house import House
from bench.rows import Budget, Row
from bench.scale import Scale
from portal import tenancy
from portal.domain.nights import Window
from portal.domain.rate_edits import How, Line
from portal.services import rate_edits

NIGHTS = 365


def measure(house: House, scale: Scale) -> list[Row]:
    """Ten percent more on every night of a year, for every plan of a large hotel."""
    (hotel,) = connected(house, 1, types=scale.bulk_types, plans=scale.bulk_plans, rooms=2)
    house.wait("nothing waits", lambda: quiet(house), 300)
    since = last_call(house)
    with tenancy.of(hotel.organization_id):
        first = today()
        span = Window(first, first + timedelta(days=NIGHTS - 1))
        wish = Line(plans=hotel.rate_plans, spans=(span,), how=How.PERCENT, price=Decimal(10))
        edit_id = rate_edits.create(hotel.property_id, [wish])
        began = perf_counter()
        outcome = rate_edits.preview(hotel.property_id, [wish])
        cells, shown = len(outcome.changed), outcome.stamp()
        looked = perf_counter() - began
        began = perf_counter()
        rate_edits.apply(hotel.property_id, edit_id, shown)
        applied = perf_counter() - began
        house.wait("nothing waits", lambda: quiet(house), 300)
        calls = ari_calls(house, hotel, since)
        began = perf_counter()
        rate_edits.undo(hotel.property_id, edit_id)
        undone = perf_counter() - began
        house.wait("nothing waits", lambda: quiet(house), 300)
    size = f"{NIGHTS} nights × {len(hotel.rate_plans)} plans, {cells} cells"
    return [
        Row(f"bulk edit, {size}: preview", looked * 1000, "ms", None, Budget(below=2000)),
        Row(f"bulk edit, {size}: applied", applied * 1000, "ms", None, Budget(below=2000)),
        Row(f"bulk edit, {size}: calls", calls, "calls", float(cells), Budget(most=1)),
        Row(f"bulk edit, {size}: undone", undone * 1000, "ms", None, Budget(below=2000)),
    ]
