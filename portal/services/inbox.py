"""Deliveries and booking messages: stored as raw bytes and committed before anybody looks at them.

The webhook path writes through a psycopg pool of its own: one connection, two round trips, a commit,
and only then a 2xx. Everything that needs to understand the bytes happens later, in `services.drain`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from time import monotonic
from typing import Any
from uuid import UUID

import structlog
from psycopg import Connection as Pg
from psycopg import OperationalError
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool, PoolTimeout
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from portal import crypto, queue, tenancy
from portal.db import end_reading, unit_of_work
from portal.extensions import db, runtime
from portal.models import Connection, InboxMessage, UnroutedMessage
from portal.models.base import new_id
from portal.models.sealed import seal_field
from portal.services import audit
from portal.services.errors import NotStored
from providers.cards import mask_cards, strip_cards
from providers.errors import Malformed
from providers.strict import dumps, loads
from providers.types import Message

log = structlog.get_logger()

ROUTE_SECONDS = 10.0  # how long a route is remembered: short enough that disconnecting means it
LONGEST_KEY, LONGEST_ID = 128, 64  # what the columns hold
KEPT_HEADERS = ("content-type", "user-agent", "x-request-id")


@dataclass(frozen=True)
class Route:
    """Whose connection a delivery is for."""

    organization_id: UUID
    connection_id: UUID
    provider: str
    secret: str | None


@dataclass(frozen=True)
class Delivery:
    """One request as it came, and the way it came."""

    body: bytes
    headers: Mapping[str, str]
    address: str
    route: str  # global, connection


class _Pool:
    """The ingest pool of this process: made at first use, so that a fork never shares it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pid = 0
        self._url = ""
        self._pool: ConnectionPool[Pg[Any]] | None = None

    def get(self) -> ConnectionPool[Pg[Any]]:
        settings = runtime.settings
        with self._lock:
            if self._pool is None or self._pid != os.getpid() or self._url != settings.database_url:
                if self._pool is not None and self._pid == os.getpid():
                    self._pool.close()
                self._pid, self._url = os.getpid(), settings.database_url
                self._pool = ConnectionPool(
                    settings.database_url,
                    min_size=1,
                    max_size=settings.web_threads,
                    timeout=3,
                    reconnect_timeout=60,
                    check=ConnectionPool.check_connection,
                    kwargs={"application_name": "roomwire-ingest", "connect_timeout": 3},
                    open=True,
                )
            return self._pool

    @contextmanager
    def connection(self) -> Iterator[Pg[Any]]:
        """A connection for one transaction. Raises `NotStored` while the database is away."""
        try:
            with self.get().connection() as connection:
                yield connection
        except (OperationalError, PoolTimeout) as error:
            log.warning("ingest_database_away", reason=type(error).__name__)
            raise NotStored("The database is away.") from error

    def close(self) -> None:
        with self._lock:
            if self._pool is not None and self._pid == os.getpid():
                self._pool.close()
            self._pool = None


pool = _Pool()
_routes: dict[tuple[str, str], tuple[float, Route | None]] = {}
_takes: dict[str, tuple[float, bool]] = {}


def account_secret(provider: str) -> str | None:
    """The secret every delivery to the account's own address has to show; None: there is no such address."""
    return getattr(runtime.settings, f"{provider}_webhook_secret", None) or None


def signature_secret(provider: str) -> str | None:
    """The secret of a relay in front of us that signs every delivery; None: there is none, which is usual."""
    return getattr(runtime.settings, f"{provider}_webhook_signature_secret", None) or None


def takes_webhooks(provider: str) -> bool:
    """The installation's master switch: off, a delivery is sent away to come again."""
    if not getattr(runtime.settings, f"{provider}_webhook_enabled", True):
        return False
    known = _takes.get(provider)
    if known is None or known[0] <= monotonic():
        with pool.connection() as connection:
            row = connection.execute(
                "select count(*) from master_switches where provider = %s and name in ('sync', 'webhook') "
                'and not "on"',
                (provider,),
            ).fetchone()
        known = monotonic() + ROUTE_SECONDS, not (row and row[0])
        _takes[provider] = known
    return known[1]


def body_limit() -> int:
    """Bytes a delivery may have."""
    return runtime.settings.webhook_body_limit_bytes


def route_property(provider: str, external_property_id: str) -> Route | None:
    """The connection a provider's property belongs to; None when no organization has it."""
    return _remembered(
        (provider, external_property_id),
        "select organization_id, connection_id from route_property(%s, %s)",
        (provider, external_property_id),
        provider,
    )


def route_key(key: str) -> Route | None:
    """The connection an address with an unguessable key belongs to, with the secret it must show."""
    known = _routes.get(("key", key))
    if known and known[0] > monotonic():
        return known[1]
    with pool.connection() as connection:
        row = connection.execute(
            "select organization_id, connection_id, provider from route_webhook_key(%s)", (crypto.token_hash(key),)
        ).fetchone()
    route = None
    if row is not None:
        route = _with_secret(Route(row[0], row[1], row[2], None))
    _remember(("key", key), route)
    return route


def _with_secret(route: Route) -> Route:
    with tenancy.of(route.organization_id):
        found = db.session.scalar(
            select(Connection).where(
                Connection.organization_id == route.organization_id, Connection.id == route.connection_id
            )
        )
        secret = found.webhook_secret if found else None
        end_reading()
    return replace(route, secret=secret)


def route_own(provider: str, external_property_id: str) -> Route | None:
    """The same, with the secret of that connection: for providers whose deliveries show each property's own."""
    key = (f"own:{provider}", external_property_id)
    known = _routes.get(key)
    if known and known[0] > monotonic():
        return known[1]
    found = route_property(provider, external_property_id)
    route = None if found is None else _with_secret(found)
    _remember(key, route)
    return route


def forget_routes() -> None:
    """After a connection changed, and between tests."""
    _routes.clear()
    _takes.clear()


def accept(route: Route, delivery: Delivery) -> UUID:
    """Store one delivery durably and ring. Returns its id; raises `NotStored` when it is not.

    `synchronous_commit` is on: a 2xx after this survives a crash of anything.
    """
    event_id, organization_id = new_id(), route.organization_id
    body = without_cards(delivery.body)
    with tenancy.of(organization_id):
        sealed = seal_field(organization_id, "webhook_events", "body", event_id, body)
        end_reading()
    headers = {name: delivery.headers[name][:200] for name in KEPT_HEADERS if name in delivery.headers}
    with pool.connection() as connection, connection.pipeline():
        connection.execute("select set_config('roomwire.organization', %s, true)", (str(organization_id),))
        connection.execute(
            "insert into webhook_events (organization_id, id, connection_id, route, address, headers, size, "
            "body_sealed, correlation_id) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                organization_id,
                event_id,
                route.connection_id,
                delivery.route,
                delivery.address,
                Jsonb({name: value.replace("\x00", "") for name, value in headers.items()}),
                len(delivery.body),
                sealed,
                audit.actor().correlation_id,
            ),
        )
    queue.ring_now("drain", organization_id, route.connection_id)
    return event_id


def keep_unrouted(provider: str, message: Message) -> None:
    """Keep a delivery nobody can be asked about: an unknown property, or bytes that name none."""
    with unit_of_work():
        quarantine(provider, [replace(message, raw=without_cards(message.raw))])


def without_cards(body: bytes) -> bytes:
    """The bytes as they came, unless they hold card data: that is stored nowhere, not even sealed."""
    try:
        value = loads(body)
    except Malformed:
        return mask_cards(body.decode("latin-1")).encode("latin-1")  # every byte is some character of it
    stripped = strip_cards(value)
    return body if stripped == value else dumps(stripped)


def body_key(body: bytes) -> str:
    return f"sha256:{sha256(body).hexdigest()}"


def quarantine(provider: str, messages: Sequence[Message]) -> int:
    """Keep messages of properties no organization has; a helper, inside a unit of work."""
    if not messages:
        return 0
    rows = []
    keys = runtime.keyring
    key = keys.platform_key("unrouted")
    for message in messages:
        row_id = new_id()
        rows.append(
            {
                "id": row_id,
                "provider": provider,
                "event_key": _key(message.event_key),
                "external_property_id": _held(message.external_property_id),
                "master_key_id": keys.current_id,
                "raw_sealed": crypto.seal(key, 1, message.raw, f"unrouted_messages|raw|{row_id}".encode()),
            }
        )
    done = db.session.execute(insert(UnroutedMessage).on_conflict_do_nothing().returning(UnroutedMessage.id), rows)
    return len(done.all())


def store(connection_id: UUID, messages: Sequence[Message], origin: str) -> int:
    """Write booking messages once each and return how many were new; a helper, inside a unit of work."""
    organization_id, correlation_id = tenancy.required(), audit.actor().correlation_id
    rows = []
    for message in messages:
        row_id = new_id()
        rows.append(
            {
                "organization_id": organization_id,
                "id": row_id,
                "connection_id": connection_id,
                "origin": origin,
                "event_key": _key(message.event_key),
                "external_booking_id": _held(message.external_booking_id),
                "raw_sealed": seal_field(organization_id, "inbox", "raw", row_id, message.raw),
                "correlation_id": correlation_id,
            }
        )
    if not rows:
        return 0
    statement = insert(InboxMessage).on_conflict_do_nothing().returning(InboxMessage.id)
    return len(db.session.execute(statement, rows).all())


def _key(event_key: str) -> str:
    """A key that its column holds: one message with an endless id must not stop the page it is on."""
    return event_key if len(event_key) <= LONGEST_KEY else body_key(event_key.encode())


def _held(external_id: str | None) -> str | None:
    return external_id if external_id and len(external_id) <= LONGEST_ID else None


def unacknowledged(connection_id: UUID, most: int = 200) -> Sequence[str]:
    """The keys of stored messages of which we do not know that the provider knows, oldest first."""
    return db.session.scalars(
        select(InboxMessage.event_key)
        .where(
            InboxMessage.organization_id == tenancy.required(),
            InboxMessage.connection_id == connection_id,
            InboxMessage.acknowledged_at.is_(None),
        )
        .order_by(InboxMessage.id)
        .limit(most)
    ).all()


def acknowledged(connection_id: UUID, event_keys: Sequence[str]) -> None:
    """The provider knows that we have these; a helper, inside a unit of work."""
    db.session.execute(
        update(InboxMessage)
        .where(
            InboxMessage.organization_id == tenancy.required(),
            InboxMessage.connection_id == connection_id,
            InboxMessage.event_key.in_([_key(key) for key in event_keys]),
            InboxMessage.acknowledged_at.is_(None),
        )
        .values(acknowledged_at=func.clock_timestamp())
        .execution_options(synchronize_session=False)
    )


def _remembered(key: tuple[str, str], query: str, arguments: tuple[str, ...], provider: str) -> Route | None:
    known = _routes.get(key)
    if known and known[0] > monotonic():
        return known[1]
    with pool.connection() as connection:
        row = connection.execute(query, arguments).fetchone()
    route = Route(row[0], row[1], provider, None) if row else None
    _remember(key, route)
    return route


def _remember(key: tuple[str, str], route: Route | None) -> None:
    if len(_routes) > 10_000:  # somebody guesses addresses: do not keep what he makes up
        _routes.clear()
    _routes[key] = (monotonic() + ROUTE_SECONDS, route)
