"""Connections: made, switched, tested, ended. Each keeps its own webhook address and secret."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from portal import tenancy
from portal.crypto import token_hash
from portal.db import end_reading, now, unit_of_work
from portal.domain.problems import Trouble
from portal.extensions import db
from portal.models import Channel, Connection, ConnectionState, Duty, Property
from portal.services import (
    audit,
    channel_limits,
    channel_readback,
    channel_setups,
    channel_work,
    connection_state,
    connectors,
    duties,
    full_sync,
    incidents,
    logins,
    mappings,
    sync_runs,
)
from portal.services.errors import NotFound, Refused
from providers.errors import ProviderError
from providers.registry import connector_class

SWITCHES = ("sync_enabled", "push_enabled", "pull_enabled", "webhooks_enabled")


def create(property: Property, provider: str, *, code: str = "", login_id: UUID | None = None) -> Connection:
    """Connect a property to a provider; nothing is said to the provider yet (see `provision`).

    Where one signs in by a code, `code` is a new one and `login_id` an account of the organization that is signed
    in already. Raises `Refused` when it is connected already, `NotSupported` for an unknown provider.
    """
    with unit_of_work():
        return add(property.id, provider, code=code, login_id=login_id)


def add(property_id: UUID, provider: str, *, code: str = "", login_id: UUID | None = None) -> Connection:
    """The same, as a helper inside a unit of work."""
    by_code = connector_class(provider).can("exchange_code")
    existing = db.session.scalar(
        select(Connection).where(
            Connection.organization_id == tenancy.required(),
            Connection.property_id == property_id,
            Connection.provider == provider,
        )
    )
    if existing is not None and existing.state is not ConnectionState.DISCONNECTED:
        raise Refused("This property is connected already.")
    if existing is not None:
        existing.state, existing.disconnected_at = ConnectionState.SETTING_UP, None
        existing.read_until = None  # what was sold since then is read first
        connection: Connection = existing
    else:
        connection = _new(property_id, provider)
    if login_id is not None:
        connection.login_id = logins.find(login_id, provider).id
    elif code:
        connection.login_id = logins.create(provider, code).id
    if by_code and connection.login_id is None:
        raise Refused("A code is needed.", field="code")
    duties.request(connection.id, Duty.PROVISION)
    audit.record(
        "connection.created", "connection", connection.id, {"provider": (None, provider)}, property_id=property_id
    )
    return connection


def _new(property_id: UUID, provider: str) -> Connection:
    key = secrets.token_urlsafe(32)
    connection = Connection(
        property_id=property_id, provider=provider, webhook_key=key, webhook_secret=secrets.token_urlsafe(32)
    )
    connection.webhook_key_hash = token_hash(key)
    db.session.add(connection)
    db.session.flush()
    duties.create(connection.id)
    return connection


def of_property(property_id: UUID) -> Sequence[Connection]:
    return db.session.scalars(
        select(Connection)
        .where(Connection.organization_id == tenancy.required(), Connection.property_id == property_id)
        .order_by(Connection.id)
    ).all()


def find(property_id: UUID, connection_id: UUID) -> Connection:
    """The property's own connection; anyone else's does not exist. Raises `NotFound`."""
    connection: Connection | None = db.session.scalar(
        select(Connection).where(
            Connection.organization_id == tenancy.required(),
            Connection.property_id == property_id,
            Connection.id == connection_id,
        )
    )
    if connection is None:
        raise NotFound(f"connection {connection_id}")
    return connection


def channels(connection_id: UUID) -> Sequence[Channel]:
    """The OTAs behind a connection, as last reported."""
    return db.session.scalars(
        select(Channel)
        .where(Channel.organization_id == tenancy.required(), Channel.connection_id == connection_id)
        .order_by(Channel.code, Channel.id)
    ).all()


def switch(connection: Connection, name: str, on: bool) -> None:
    """Turn one of `SWITCHES` on or off, effective with the next job. Raises `Refused`."""
    if name not in SWITCHES:
        raise Refused("There is no such switch.")
    before = bool(getattr(connection, name))
    if before == on:
        return
    with unit_of_work():
        setattr(connection, name, on)
        connection.switched_at = func.clock_timestamp()
        connection.switched_by = audit.actor().name
        audit.record(
            "connection.switched",
            "connection",
            connection.id,
            {name: (before, on)},
            property_id=connection.property_id,
        )
        if on:
            duties.request(connection.id, Duty.PUSH)
            channel_limits.wake(connection.id)


def pause(connection: Connection, reason: str) -> None:
    """Stop sending and reading until a person resumes. What there is to send is kept."""
    with unit_of_work():
        connection_state.change(connection, ConnectionState.PAUSED, reason)


def resume(connection: Connection) -> None:
    """Go on, and send everything anew: what the provider holds meanwhile is unknown."""
    with unit_of_work():
        connection_state.change(connection, ConnectionState.ACTIVE, "")
        for trouble in (Trouble.CREDENTIAL_REFUSED, Trouble.PROPERTY_GONE):
            incidents.closed(trouble, connection.id, by=audit.actor().name)
        channel_limits.wake(connection.id)
    db.session.refresh(connection)
    full_sync.request(connection, "person")


def sign_in_again(connection: Connection, code: str) -> None:
    """Enter a new code for the account of this connection; a worker exchanges it. Raises `Refused`."""
    if not connector_class(connection.provider).can("exchange_code"):
        raise Refused("This provider has no codes.")
    with unit_of_work():
        old = connection.login_id
        usable = old is not None and logins.find(old, connection.provider).refresh_sealed is not None
        connection.login_id = logins.create(connection.provider, code, replaces=old if usable else None).id
        duties.request(connection.id, Duty.PROVISION)
        audit.record("connection.code_entered", "connection", connection.id, property_id=connection.property_id)


def choose_property(connection: Connection, external_property_id: str) -> None:
    """Say which of the account's properties this is. Raises `Refused`, also when somebody else has it."""
    login = connectors.login_of(connection)
    shown = {one["external_id"]: one for one in (login.details or {}).get("properties", [])} if login else {}
    if connection.state is not ConnectionState.SETTING_UP or external_property_id not in shown:
        raise Refused("Choose one of the properties that the account shows.", field="external_property_id")
    currency = shown[external_property_id].get("currency")
    ours = db.session.scalar(select(Property.currency).where(Property.id == connection.property_id))
    if currency and currency != ours:
        raise Refused(
            "This property is kept in %(there)s there and in %(here)s here: amounts would be read wrongly.",
            there=currency, here=ours or "", field="external_property_id",
        )  # fmt: skip
    try:
        with unit_of_work():
            before = connection.external_property_id
            connection.external_property_id = external_property_id
            db.session.flush()
            duties.request(connection.id, Duty.PROVISION)  # reads its products, for the mapping page
            audit.record(
                "connection.property_chosen",
                "connection",
                connection.id,
                {"external_property_id": (before, external_property_id)},
                property_id=connection.property_id,
            )
    except IntegrityError:
        raise Refused("This property is connected elsewhere already.", field="external_property_id") from None


def start(connection: Connection) -> None:
    """Ask a worker to begin: the bookings that are there are read first, then the calendar is sent.

    Raises `Refused`.
    """
    if connection.state is not ConnectionState.SETTING_UP or not connection.external_property_id:
        raise Refused("Choose the property first.")
    if not mappings.rooms_of(connection.id):
        raise Refused("Map at least one room type first: until then there is nothing to send.")
    with unit_of_work():
        duties.request(connection.id, Duty.PROVISION, {"start": True})
        audit.record("connection.started", "connection", connection.id, property_id=connection.property_id)


def read_every(connection: Connection, minutes: int | None) -> None:
    """How often bookings are asked for; None is the installation's pace. Raises `Refused`."""
    if minutes is not None and not 1 <= minutes <= 1440:
        raise Refused("Between one minute and a day.", field="minutes")
    with unit_of_work():
        before = connection.read_minutes
        connection.read_minutes = minutes
        audit.record(
            "connection.pace", "connection", connection.id, {"read_minutes": (before, minutes)},
            property_id=connection.property_id,
        )  # fmt: skip


def disconnect(connection: Connection) -> None:
    """End the connection: close every night there first, and only when that is accepted call it ended.

    Until then it is `closing`, and its OTAs may still sell. Mappings and history are kept. The property
    and its products stay at the provider, closed. Raises `Refused` when there is nothing to end.
    """
    if connection.state not in (ConnectionState.ACTIVE, ConnectionState.PAUSED, ConnectionState.BROKEN):
        raise Refused("This connection is not one that can be ended now.")
    with unit_of_work():
        connection_state.change(connection, ConnectionState.CLOSING, "")
        full_sync.forget_everything(connection)
        duties.request(connection.id, Duty.PUSH)


def request_test(connection: Connection) -> None:
    """Ask a worker to prove the connection: a provider is never called inside a web request."""
    with unit_of_work():
        duties.request(connection.id, Duty.CHANNELS, {"test": True})


def check(connection_id: UUID) -> bool:
    """The duty behind `request_test` and the OTAs' states. False when another worker is at it."""
    lease = duties.claim(connection_id, Duty.CHANNELS, early=True)
    if lease is None:
        return False
    connection = duties.connection(connection_id)
    end_reading()
    line = connectors.line_for(connection, urgent=False)
    external = connection.external_property_id or ""
    try:
        sentence = line.connector.test_connection()
        found = line.connector.channels(external) if external and line.connector.can("channels") else ()
    except ProviderError as error:
        return _failed(connection, lease, line, error)
    with unit_of_work():
        sync_runs.keep_calls(connection, None, line.calls)
        _remember(connection, True, sentence)
        connection_state.take_channels(connection, found)
        if connection.state is ConnectionState.BROKEN:
            connection_state.change(connection, ConnectionState.ACTIVE, "")
        incidents.closed(Trouble.CREDENTIAL_REFUSED, connection.id)
        incidents.closed(Trouble.PROVIDER_AWAY, connection.id)
        channel_setups.stamp_all(connection.id, [each.external_id for each in found])
    line.calls.clear()
    try:
        channel_readback.read_webhook(connection, lease.request, line.connector)
        sooner = channel_work.advance(connection, lease.request, line)
    except ProviderError as error:
        return _failed(connection, lease, line, error)
    with unit_of_work():
        sync_runs.keep_calls(connection, None, connectors.loggable(line.calls))
    regular = now() + line.connector.checked_every
    duties.done(lease, next_at=min(regular, sooner) if sooner else regular)
    return True


def _failed(connection: Connection, lease: duties.Lease, line: connectors.Line, error: ProviderError) -> bool:
    with unit_of_work():
        sync_runs.keep_calls(connection, None, connectors.loggable(line.calls))
        connection_state.report(connection, error)
        _remember(connection, False, str(error))
    duties.later(lease, str(error), retry_after=getattr(error, "retry_after", None))
    return True


def _remember(connection: Connection, ok: bool, sentence: str) -> None:
    connection.settings = {
        **(connection.settings or {}),
        "tested": {"ok": ok, "sentence": sentence[:300], "at": connection_state.stamp()},
    }
