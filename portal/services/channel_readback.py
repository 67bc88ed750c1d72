"""Settings at the provider that are not ours, read back: its own counting of rooms, and our webhook."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from portal.db import end_reading, now, unit_of_work
from portal.models import ChannelSetup, Connection, Duty, SetupState
from portal.services import audit, channel_setups, duties, webhook_setup
from providers.base import Connector
from providers.errors import Rejected

DAILY = timedelta(days=1)


def read(connection: Connection, asked: dict[str, Any], connector: Connector) -> None:
    """Who counts, when that was asked for, and once a day when nobody asked."""
    _counting(connection, bool(asked.get("stop_counting")), connector)


def read_webhook(connection: Connection, asked: dict[str, Any], connector: Connector) -> None:
    """Our webhook, likewise; registered anew when that was asked for."""
    if connection.external_property_id and connector.can("check_webhook"):
        _webhook(connection, str(asked.get("webhook") or ""), connector)


def leave_counting_to_us(connection: Connection) -> None:
    """Ask a worker to switch off what the provider counts by itself."""
    with unit_of_work():
        duties.request(connection.id, Duty.CHANNELS, {"stop_counting": True})
        audit.record("connection.counting", "connection", connection.id, property_id=connection.property_id)


def webhook_wish(connection: Connection, *, register: bool) -> None:
    """Ask a worker to read the webhook back, or to register it anew."""
    with unit_of_work():
        duties.request(connection.id, Duty.CHANNELS, {"webhook": "register" if register else "check"})
        if register:
            audit.record("connection.webhook", "connection", connection.id, property_id=connection.property_id)


def counting(connection: Connection) -> tuple[str, ...]:
    """The provider's settings that count besides us, as last read; empty: none, or not read yet."""
    return tuple((connection.settings or {}).get("counting", {}).get("found", ()))


def webhook(connection: Connection) -> dict[str, Any]:
    """`faults`, `at` of the last reading; empty when it was never read."""
    kept = dict((connection.settings or {}).get("webhook", {}))
    return {**kept, "at": datetime.fromisoformat(kept["at"])} if kept else {}


def note_counting(connection: Connection, found: Sequence[str]) -> None:
    """A helper, inside a unit of work."""
    _keep(connection, "counting", {"found": list(found), "at": now().isoformat()})


def _counting(connection: Connection, stop: bool, connector: Connector) -> None:
    if not stop and not _is_old((connection.settings or {}).get("counting", {}).get("at")):
        return
    end_reading()
    property_id = connection.external_property_id or ""
    if stop:
        connector.stop_counting(property_id)
    found = connector.counts_by_itself(property_id)
    with unit_of_work():
        note_counting(connection, found)
        if not found:
            for setup in channel_setups.of_connection(connection.id):
                _go_on(setup)


def _go_on(setup: ChannelSetup) -> None:
    """What only waited for the counting to end goes on by itself."""
    if setup.error != "counting":
        return
    setup.error, setup.wished_at = "", now()
    if setup.state is SetupState.CHOOSING:
        setup.state, setup.wish = SetupState.CONNECTING, "connect"
    elif setup.state is SetupState.PAUSED:
        setup.wish = "resume"


def _webhook(connection: Connection, wish: str, connector: Connector) -> None:
    url, property_id, secret = webhook_setup.target(connection)
    if not secret or (not wish and not _is_old((connection.settings or {}).get("webhook", {}).get("at"))):
        return
    end_reading()
    registered, refusal = None, ""
    try:
        registered = connector.register_webhook(url, property_id, secret) if wish == "register" else None
        faults = list(connector.check_webhook(url, property_id, secret))
    except Rejected as error:  # an address the provider cannot reach is a sentence, not the end of the other work
        faults, refusal = ["it was refused"], str(error)[:300]
    with unit_of_work():
        if registered:
            connection.external_webhook_id = registered
        _keep(connection, "webhook", {"faults": faults, "refusal": refusal, "at": now().isoformat()})


def _keep(connection: Connection, name: str, value: dict[str, Any]) -> None:
    connection.settings = {**(connection.settings or {}), name: value}


def _is_old(at: Any) -> bool:
    old = not at or now() - datetime.fromisoformat(str(at)) > DAILY
    end_reading()
    return old
