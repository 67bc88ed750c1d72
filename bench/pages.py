"""Pages of a large hotel in a full database: how long the server takes, and how often it asks the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from time import perf_counter
from typing import Any

import psycopg
import requests
from sqlalchemy import event

from bench import stays
from bench.hotels import connected, quiet
from bench.house import House, Unready
from bench.rows import Budget, Row, percentile
from bench.scale import Scale
from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import db
from portal.models import Role
from portal.services import accounts, sessions

PAGES = {"overview": "/", "reservations": "/reservations", "rates, 40 rows × 30 nights": "/rates",
         "calendar, 100 rooms × 30 nights": "/calendar?nights=30", "rooms, 100": "/rooms",
         "connections": "/connections", "history": "/history", "webhooks": "/webhooks"}  # fmt: skip
COOKIE = "roomwire"

# Reservations of other organizations, copies of one of ours. Only their weight in the indexes matters, so
# the rows they would belong to are left out.
_BALLAST = """
    insert into reservations
    select copy.* from
        (select gen_random_uuid() as organization, gen_random_uuid() as property
         from generate_series(1, %(tenants)s)) as others,
        generate_series(1, %(each)s) as number,
        (select reservations as one from reservations limit 1) as ours,
        lateral jsonb_populate_record(ours.one, jsonb_build_object(
            'organization_id', others.organization, 'id', gen_random_uuid(), 'property_id', others.property,
            'code', 'X' || number, 'check_in', current_date + number %% 500,
            'check_out', current_date + number %% 500 + 2
        )) as copy
"""


def measure(house: House, scale: Scale) -> list[Row]:
    """Each page asked for again and again by one person, with nothing else to do for the server."""
    (hotel,) = connected(house, 1, types=10, plans=3, rooms=10)
    house.wait("nothing waits", lambda: quiet(house), 300)
    house.stop("scheduler", "workers")
    with tenancy.of(hotel.organization_id):
        stays.fill(hotel, date.today(), scale.stays_per_room)
        token = sign_in()
    _fill(house, scale)
    house.start("web")
    ((count,),) = house.ask("select count(*) from reservations")
    rows = []
    for name, path in PAGES.items():
        address = f"/p/{hotel.property_id}{path}"
        took = _times(house, address, token, scale)
        name = f"page {name}, {count} reservations in all"
        rows.append(Row(f"{name}: p95", percentile(took, 0.95), "ms", None, Budget(below=200)))
        rows.append(Row(f"{name}: SQL", _statements(house, address, token), "statements", None, Budget(most=15)))
    return rows


def sign_in(email: str = "bench@example.test") -> str:
    """A manager of the current organization; returns the token of a session."""
    user = accounts.create(email, "Bea Manager", "a long sentence for a bench")
    accounts.join(user, Role.MANAGER)
    with unit_of_work():
        return sessions.start(user, address="127.0.0.1", user_agent="bench")


def _fill(house: House, scale: Scale) -> None:
    with psycopg.connect(house.servers.admin_url) as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute(_BALLAST, {"tenants": scale.other_tenants, "each": scale.reservations_each})
    house.settle()


def _times(house: House, address: str, token: str, scale: Scale) -> list[float]:
    took = []
    with requests.Session() as browser:
        browser.cookies.set(COOKIE, token)
        for number in range(scale.page_views + 2):
            began = perf_counter()
            answer = browser.get(house.web_url + address, timeout=30, allow_redirects=False)
            if answer.status_code != 200:
                raise Unready(f"{address} answered {answer.status_code}")
            if number >= 2:  # the first ones of each process compile templates
                took.append((perf_counter() - began) * 1000)
    return took


def _statements(house: House, address: str, token: str) -> int:
    """Statements of one request in this process, the tenant's setting of each transaction left out."""
    client = house.app.test_client()
    client.set_cookie(COOKIE, token)
    client.get(address)
    with _counting() as seen:
        client.get(address)
    return sum("set_config" not in statement for statement in seen)


@contextmanager
def _counting() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
