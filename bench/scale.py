"""How much is measured: the whole, or a taste of it that shows that the bench works."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Durations in seconds, counts in pieces."""

    hotels: int = 20
    webhooks_per_second: int = 100
    webhook_seconds: float = 60.0
    baseline_seconds: float = 20.0
    burst: int = 1000
    burst_connections: int = 200
    bookings: int = 5000
    closings_per_second: int = 5
    closing_seconds: float = 60.0
    types: int = 20
    plans: int = 3
    stays_per_room: int = 80
    nights: int = 500
    naive_nights: int = 500
    edits: int = 200
    edit_seconds: float = 10.0
    bulk_types: int = 10
    bulk_plans: int = 4
    repeats: int = 9
    other_tenants: int = 1000
    reservations_each: int = 1000
    page_views: int = 40
    grid_types: int = 10
    wide_types: int = 50
    paintings: int = 20


WHOLE = Scale()
QUICK = Scale(
    hotels=2,
    webhooks_per_second=10,
    webhook_seconds=1.0,
    baseline_seconds=1.0,
    burst=20,
    burst_connections=5,
    bookings=20,
    closings_per_second=5,
    closing_seconds=1.0,
    types=2,
    plans=1,
    stays_per_room=5,
    naive_nights=10,
    edits=10,
    edit_seconds=0.5,
    bulk_types=2,
    bulk_plans=2,
    repeats=3,
    other_tenants=3,
    reservations_each=10,
    page_views=2,
    grid_types=2,
    wide_types=2,
    paintings=2,
)
