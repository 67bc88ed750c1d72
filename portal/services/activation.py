"""Everything is set up: the connection works from here on, and its daily duties get their times."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func

from portal.db import now, unit_of_work
from portal.domain.problems import Trouble
from portal.models import Connection, ConnectionState, Duty
from portal.services import connection_state, duties, full_sync, incidents, stays
from providers.registry import connector_class

FIRST_PROOF = timedelta(minutes=1)
MENDED = (Trouble.CREDENTIAL_REFUSED, Trouble.PROVIDER_AWAY, Trouble.PROPERTY_GONE, Trouble.LOGIN_UNUSED)


def activate(connection: Connection, lease: duties.Lease) -> None:
    """Put the connection to work, or, when a person wants to look at it first, read it back and let it wait."""
    with unit_of_work():
        duties.renew(lease)
        for trouble in MENDED:
            incidents.closed(trouble, connection.id)
        if not is_held(connection):
            go_live(connection)
            return
        if connection.state is ConnectionState.BROKEN:
            connection_state.change(connection, ConnectionState.SETTING_UP, "")
        for duty in (Duty.CHANNELS, Duty.PARITY):
            duties.request(connection.id, duty)


def hold(connection: Connection) -> None:
    """Let the connection wait, once everything is made, until a person activates it; a helper, in a unit of work."""
    connection.settings = {**(connection.settings or {}), "held": True}


def is_held(connection: Connection) -> bool:
    return bool((connection.settings or {}).get("held"))


def go_live(connection: Connection) -> None:
    """Everything is due, and what happens by the clock is planned; a helper, inside a unit of work."""
    connector = connector_class(connection.provider)
    connection.settings = {key: value for key, value in (connection.settings or {}).items() if key != "held"}
    connection_state.change(connection, ConnectionState.ACTIVE, "")
    connection.connected_at = func.clock_timestamp()
    duties.create(connection.id)  # those that came into being after this connection
    duties.plan(connection.id, Duty.FULL_SYNC, full_sync.next_time(connection))
    duties.plan(connection.id, Duty.CHANNELS, now())
    # A minute is enough for the first push: then its nights are read back, and proved.
    duties.plan(connection.id, Duty.PARITY, now() + FIRST_PROOF)
    if connector.can("fetch_stays"):
        duties.plan(connection.id, Duty.STAYS, stays.next_time(connection))
        duties.plan(connection.id, Duty.RATES, full_sync.next_business_hour(connection))
    if not connector.can("fetch_messages"):
        duties.plan(connection.id, Duty.DRAIN, now())
    # After a disconnection its products are there, closed: everything is sent anew.
    full_sync.forget_everything(connection)
    duties.request(connection.id, Duty.PUSH)
