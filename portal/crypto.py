"""AES-256-GCM envelope: master key → organization's data key → field.

Master keys come from the environment and never touch the database. Each organization has a data
key (fields) and a lookup key (keyed hashes), both stored wrapped by a master key. A sealed field is
bound to its organization, table, column and row: moved anywhere else it does not open.

    field  = version(1) key number(2) nonce(12) ciphertext tag(16)
    wrapped = version(1) nonce(12) ciphertext tag(16)
"""

from __future__ import annotations

import hmac
import os
import struct
from collections.abc import Callable, Sequence
from hashlib import sha256
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32  # AES-256
NONCE_BYTES = 12
FORMAT = 1
_FIELD_HEAD = struct.Struct(">BH")


class CryptoError(Exception):
    """A ciphertext that does not open is an alarm, never a blank field."""


class Keyring:
    """The master keys. The first wraps; all unwrap."""

    def __init__(self, master_keys: Sequence[tuple[str, bytes]]) -> None:
        if not master_keys:
            raise CryptoError("there is no master key")
        for name, key in master_keys:
            if len(key) != KEY_BYTES:
                raise CryptoError(f"master key {name} is not {KEY_BYTES} bytes long")
        self._keys = dict(master_keys)
        self.current_id = master_keys[0][0]

    def new_key(self, organization_id: UUID, purpose: str) -> bytes:
        """A fresh key for one organization, wrapped by the current master key."""
        return self.wrap(organization_id, purpose, AESGCM.generate_key(bit_length=256))

    def wrap(self, organization_id: UUID, purpose: str, key: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(self._keys[self.current_id]).encrypt(nonce, key, _wrap_context(organization_id, purpose))
        return bytes([FORMAT]) + nonce + sealed

    def unwrap(self, organization_id: UUID, purpose: str, master_key_id: str, wrapped: bytes) -> bytes:
        master = self._keys.get(master_key_id)
        if master is None:
            raise CryptoError(f"master key {master_key_id} is not among ROOMWIRE_MASTER_KEYS")
        return _decrypt(master, wrapped[:1], bytes([FORMAT]), wrapped[1:], _wrap_context(organization_id, purpose))

    def platform_key(self, purpose: str) -> bytes:
        """A key for what belongs to no organization yet, derived from the current master key."""
        return self.platform_keys(purpose)[self.current_id]

    def platform_keys(self, purpose: str) -> dict[str, bytes]:
        return {name: _derive(key, f"platform|{purpose}") for name, key in self._keys.items()}


def field_context(organization_id: UUID, table: str, column: str, row_id: UUID) -> bytes:
    return f"{organization_id}|{table}|{column}|{row_id}".encode()


def seal(key: bytes, key_number: int, plain: bytes, context: bytes) -> bytes:
    """The field format above. A random 96-bit nonce for every write."""
    nonce = os.urandom(NONCE_BYTES)
    head = _FIELD_HEAD.pack(FORMAT, key_number)
    return head + nonce + AESGCM(key).encrypt(nonce, plain, head + context)


def unseal(key_for: Callable[[int], bytes], sealed: bytes, context: bytes) -> bytes:
    """The plain bytes; `CryptoError` when one bit of them, or their place, is not as sealed."""
    if len(sealed) < _FIELD_HEAD.size + NONCE_BYTES + 16:
        raise CryptoError("a sealed field is cut short")
    version, key_number = _FIELD_HEAD.unpack_from(sealed)
    if version != FORMAT:
        raise CryptoError(f"a sealed field of unknown format {version}")
    head, body = sealed[: _FIELD_HEAD.size], sealed[_FIELD_HEAD.size :]
    return _decrypt(key_for(key_number), head, head, body, head + context)


def keyed_hash(key: bytes, kind: str, value: str) -> bytes:
    """What a sealed value is looked up by: useless without the organization's lookup key."""
    return hmac.new(key, f"{kind}|{value}".encode(), sha256).digest()


def token_hash(token: str) -> bytes:
    """For random tokens of 128 bits and more only: those need no slow or keyed hash."""
    return sha256(token.encode()).digest()


def _derive(key: bytes, info: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info.encode()).derive(key)


def _wrap_context(organization_id: UUID, purpose: str) -> bytes:
    return f"{organization_id}|tenant_keys|{purpose}".encode()


def _decrypt(key: bytes, head: bytes, expected_head: bytes, body: bytes, context: bytes) -> bytes:
    if head != expected_head:
        raise CryptoError("a wrapped key of unknown format")
    try:
        return AESGCM(key).decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], context)
    except InvalidTag:
        raise CryptoError("a ciphertext was altered, moved, or belongs to another key") from None
