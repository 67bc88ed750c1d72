"""Messages of a property that no organization had when they came, given to the one that has it now."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, select

from portal import crypto
from portal.db import unit_of_work
from portal.extensions import db, runtime
from portal.models import Connection, UnroutedMessage
from portal.services import inbox
from providers.types import Message

BATCH = 50
DELIVERY = "sha256:"  # the key of what only announced news: see `inbox.body_key`


def count(connection: Connection) -> int:
    """How many wait for this connection's property."""
    if not connection.external_property_id:
        return 0
    return db.session.scalar(select(func.count()).select_from(UnroutedMessage).where(*_mine(connection))) or 0


def route(connection: Connection) -> int:
    """Put them into the connection's inbox, a batch a transaction; return how many there were.

    A delivery that only announced news is not a booking: whoever calls this asks for the feed to be read.
    """
    moved = 0
    while connection.external_property_id and (taken := _some(connection)):
        moved += taken
    return moved


def _some(connection: Connection) -> int:
    keys = runtime.keyring.platform_keys("unrouted")
    with unit_of_work():
        rows = db.session.scalars(
            select(UnroutedMessage)
            .where(*_mine(connection))
            .order_by(UnroutedMessage.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        messages = [
            Message(row.event_key, row.external_property_id, None, _opened(row, keys[row.master_key_id]))
            for row in rows
            if not row.event_key.startswith(DELIVERY)
        ]
        inbox.store(connection.id, messages, "replay")
        # The feed they came from had them acknowledged when they were set aside.
        inbox.acknowledged(connection.id, [message.event_key for message in messages])
        for row in rows:
            row.routed_at = func.clock_timestamp()
    return len(rows)


def _opened(row: UnroutedMessage, key: bytes) -> bytes:
    return crypto.unseal(lambda number: key, row.raw_sealed, f"unrouted_messages|raw|{row.id}".encode())


def _mine(connection: Connection) -> tuple[ColumnElement[bool], ...]:
    return (
        UnroutedMessage.provider == connection.provider,
        UnroutedMessage.external_property_id == connection.external_property_id,
        UnroutedMessage.routed_at.is_(None),
    )
