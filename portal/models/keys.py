"""An organization's own keys, wrapped by a master key."""

from __future__ import annotations

import time
from uuid import UUID

from sqlalchemy import SmallInteger, String, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.crypto import CryptoError
from portal.extensions import db, runtime
from portal.models.base import Created, TenantDetail, of_organization

DATA = "data"
LOOKUP = "lookup"

# Long enough to keep key reads off the hot path, short enough that destroying a key means it.
_REMEMBER_SECONDS = 60.0
_remembered: dict[tuple[UUID, str, int], tuple[float, bytes]] = {}


class TenantKey(TenantDetail):
    __tablename__ = "tenant_keys"
    __table_args__ = (of_organization(),)

    purpose: Mapped[str] = mapped_column(String(16), primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    master_key_id: Mapped[str] = mapped_column(String(64))
    wrapped: Mapped[bytes]
    created_at: Mapped[Created]


def create_keys(organization_id: UUID) -> None:
    """Give a new organization its data key and its lookup key."""
    ring = runtime.keyring
    for purpose in (DATA, LOOKUP):
        wrapped = ring.new_key(organization_id, purpose)
        db.session.add(
            TenantKey(
                organization_id=organization_id,
                purpose=purpose,
                number=1,
                master_key_id=ring.current_id,
                wrapped=wrapped,
            )
        )
    db.session.flush()


def key_for(organization_id: UUID, purpose: str, number: int = 1) -> bytes:
    """The plain key, from memory for a minute. Raises `CryptoError` when it was destroyed."""
    known = _remembered.get((organization_id, purpose, number))
    if known and known[0] > time.monotonic():
        return known[1]
    with db.session.no_autoflush:
        row = db.session.execute(
            select(TenantKey.master_key_id, TenantKey.wrapped).where(
                TenantKey.organization_id == organization_id,
                TenantKey.purpose == purpose,
                TenantKey.number == number,
            )
        ).first()
    if row is None:
        raise CryptoError(f"organization {organization_id} has no {purpose} key {number}")
    key = runtime.keyring.unwrap(organization_id, purpose, row.master_key_id, row.wrapped)
    _remembered[organization_id, purpose, number] = (time.monotonic() + _REMEMBER_SECONDS, key)
    return key


def forget_keys() -> None:
    """Drop what is remembered: after a key was destroyed, and between tests."""
    _remembered.clear()
