"""Put the tenants' keys under the current master key, one by one, while everybody works.

Only the wrapping changes; the keys themselves and all they sealed stay as they are. Each key is a
transaction of its own, so the rotation may be killed anywhere and simply started again.
The seeds of second steps belong to no tenant and have no key of their own: they are sealed anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import select, text

from portal import tenancy
from portal.crypto import CryptoError
from portal.db import end_reading, unit_of_work
from portal.extensions import db, runtime
from portal.models import TenantKey
from portal.services import audit, second_steps

log = structlog.get_logger()

BATCH = 100
_ALL = 2**31 - 1
_COUNT = text("select count(*) from keys_to_rewrap(:current, :most)")
_NEXT = text("select organization_id, purpose, number from keys_to_rewrap(:current, :most)")

Key = tuple[UUID, str, int]


@dataclass(frozen=True)
class Progress:
    """Counts of keys. `failed` keys are wrapped by a master key that is not there; they are left as they are."""

    rewrapped: int
    remaining: int
    failed: int


def remaining() -> int:
    """How many keys are not under the current master key."""
    count: int = db.session.execute(_COUNT, {"current": runtime.keyring.current_id, "most": _ALL}).scalar_one()
    end_reading()
    return count + second_steps.under_other_keys()


def rotate() -> Iterator[Progress]:
    """Re-wrap every key that needs it; yields after each batch and at the end."""
    rewrapped, failed = 0, set[Key]()
    seeds, broken_seeds = second_steps.seal_anew()
    while batch := _next_batch(failed):
        for key in batch:
            try:
                rewrapped += _rewrap(key)
            except CryptoError as error:
                failed.add(key)
                log.error("key_not_rewrapped", organization=str(key[0]), purpose=key[1], reason=str(error))
        yield Progress(rewrapped + seeds, remaining(), len(failed) + broken_seeds)
    yield Progress(rewrapped + seeds, remaining(), len(failed) + broken_seeds)


def _next_batch(failed: set[Key]) -> list[Key]:
    # What failed stays in the list that the database gives, so look past it.
    rows = db.session.execute(_NEXT, {"current": runtime.keyring.current_id, "most": BATCH + len(failed)}).all()
    end_reading()
    found = [(row.organization_id, row.purpose, row.number) for row in rows]
    return [key for key in found if key not in failed][:BATCH]


def _rewrap(key: Key) -> bool:
    """Whether the key was re-wrapped now; False when somebody else did it a moment ago."""
    organization_id, purpose, number = key
    ring = runtime.keyring
    with tenancy.of(organization_id), unit_of_work():
        row = db.session.scalar(
            select(TenantKey)
            .where(
                TenantKey.organization_id == organization_id,
                TenantKey.purpose == purpose,
                TenantKey.number == number,
            )
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if row is None or row.master_key_id == ring.current_id:
            return False
        before = row.master_key_id
        plain = ring.unwrap(organization_id, purpose, before, row.wrapped)
        row.wrapped = ring.wrap(organization_id, purpose, plain)
        row.master_key_id = ring.current_id
        audit.record("key.rewrapped", "tenant_key", None, {f"{purpose} {number}": (before, ring.current_id)})
    return True
