"""A connected house whose provider has more than we made there, for the tests of the mapping."""

from __future__ import annotations

from typing import Any

from portal.db import end_reading
from portal.domain.mapping import Decision
from portal.services import connectors, mapping_apply, mapping_drafts, remote_products
from tests.services.engine import House


class Details:
    """A room type as a person makes it in the provider's own pages."""

    def __init__(self, name: str, adults: int = 2) -> None:
        self.name, self.max_adults, self.default_occupancy = name, adults, adults
        self.max_children = self.max_infants = 0


def at_provider(house: House) -> Any:
    """Somebody who works at the provider's pages, not through ours."""
    connector = connectors.line_for(house.connection).connector
    end_reading()
    return connector


def add_room(house: House, name: str, adults: int = 2) -> str:
    return at_provider(house).create_room_type(house.external_id, Details(name, adults), 2)


def add_plan(house: House, room: str, name: str, currency: str = "EUR", occupancy: int = 2) -> str:
    return at_provider(house).create_rate_plan(house.external_id, room, name, currency, occupancy, None)


def refresh(house: House) -> None:
    """Read the provider's products as a worker does after a click."""
    remote_products.wish(house.connection)
    assert remote_products.run(house.connection_id)


def desk(house: House) -> mapping_drafts.Desk:
    found = mapping_drafts.read(house.connection)
    end_reading()
    return found


def draft(house: House, pairs: dict[str, str], decisions: dict[str, Decision | None] | None = None) -> int:
    return mapping_drafts.save(house.connection, desk(house).version, pairs, decisions or {})


def apply(house: House) -> Any:
    return mapping_apply.apply(house.connection, desk(house).version)


def room_key(house: House, number: int = 0) -> str:
    return f"room:{house.types[number]}"


def plan_key(house: House, number: int = 0) -> str:
    return f"plan:{house.plans[number]}"
