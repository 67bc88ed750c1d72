"""Locks on things that are no row: they end with the transaction.

Whoever needs several kinds takes them in the order of `Kind`, and several of one kind in one call;
so nobody ever waits in a circle. Rows of reservations are written only once the room types are held.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from hashlib import blake2b

from sqlalchemy import text

from portal import tenancy
from portal.extensions import db

_LOCK = text("select pg_advisory_xact_lock(key) from (select unnest(cast(:keys as bigint[])) as key) as keys")


class Kind(IntEnum):
    """What is locked, in the order in which locks are taken."""

    MEMBERS = 0  # who works for the organization
    REQUEST = 1  # an idempotency key
    GUEST = 2  # a key a guest is known by
    ROOM_TYPE = 3


def hold(kind: Kind, names: Iterable[object]) -> None:
    """Wait until these names of the current organization are ours, until the transaction ends."""
    keys = sorted({_number(kind, name) for name in names})
    if keys:
        # A list is unnested in its order, so the keys are locked in it.
        db.session.execute(_LOCK, {"keys": keys})


def _number(kind: Kind, name: object) -> int:
    digest = blake2b(f"{tenancy.required()}|{kind.name}|{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
