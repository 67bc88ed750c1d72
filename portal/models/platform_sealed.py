"""Sealing for what belongs to no organization: under a key derived from the current master key.

The row remembers which master key that was. What outlives a rotation has to be sealed anew by it
(`services.keys_rotation`).
"""

from __future__ import annotations

from uuid import UUID

from portal import crypto
from portal.crypto import CryptoError
from portal.extensions import runtime


def seal(table: str, row_id: UUID, plain: bytes) -> tuple[str, bytes]:
    """(the master key's name, the ciphertext), bound to table and row."""
    ring = runtime.keyring
    return ring.current_id, crypto.seal(ring.platform_key(table), 1, plain, _context(table, row_id))


def unseal(table: str, row_id: UUID, master_key_id: str, sealed: bytes) -> bytes:
    """The plain bytes. Raises `CryptoError` when they were altered, moved, or their master key is gone."""
    key = runtime.keyring.platform_keys(table).get(master_key_id)
    if key is None:
        raise CryptoError(f"master key {master_key_id} is not among ROOMWIRE_MASTER_KEYS")
    return crypto.unseal(lambda number: key, sealed, _context(table, row_id))


def _context(table: str, row_id: UUID) -> bytes:
    return f"{table}|{row_id}".encode()
