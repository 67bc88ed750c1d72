"""Columns that are kept as ciphertext and read like any other.

class Guest(TenantRow):
    email_sealed: Mapped[bytes | None]
    email = Sealed.text("email_sealed")

guest.email = "ana@example.test"   # the row now holds ciphertext bound to this row and column
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar, overload
from uuid import UUID

import orjson

from portal import crypto
from portal.models.keys import DATA, LOOKUP, key_for

T = TypeVar("T")
DATA_KEY_NUMBER = 1


class SealableRow(Protocol):
    __tablename__: str
    organization_id: Any
    id: Any


class Sealed(Generic[T]):
    """Reads and writes the plain value of a ciphertext column of a row with an id."""

    def __init__(self, column: str, encode: Callable[[T], bytes], decode: Callable[[bytes], T]) -> None:
        self.column = column
        self.encode = encode
        self.decode = decode

    @staticmethod
    def text(column: str) -> Sealed[str]:
        return Sealed(column, str.encode, bytes.decode)

    @staticmethod
    def raw(column: str) -> Sealed[bytes]:
        return Sealed(column, bytes, bytes)

    @staticmethod
    def json(column: str) -> Sealed[Any]:
        return Sealed(column, lambda value: orjson.dumps(value, default=str), orjson.loads)

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.memory = f"_plain_{name}"

    @overload
    def __get__(self, row: None, owner: type) -> Sealed[T]: ...
    @overload
    def __get__(self, row: SealableRow, owner: type) -> T | None: ...
    def __get__(self, row: SealableRow | None, owner: type) -> Sealed[T] | T | None:
        if row is None:
            return self
        sealed = getattr(row, self.column)
        if sealed is None:
            return None
        known = row.__dict__.get(self.memory)
        if known is not None and known[0] == sealed:
            plain: T = known[1]
            return plain
        plain = self.decode(open_field(row.organization_id, row.__tablename__, self.name, row.id, sealed))
        row.__dict__[self.memory] = (sealed, plain)
        return plain

    def __set__(self, row: SealableRow, value: T | None) -> None:
        if value is None:
            setattr(row, self.column, None)
            return
        sealed = seal_field(row.organization_id, row.__tablename__, self.name, row.id, self.encode(value))
        row.__dict__[self.memory] = (sealed, value)
        setattr(row, self.column, sealed)


def seal_field(organization_id: UUID, table: str, column: str, row_id: UUID, plain: bytes) -> bytes:
    """For rows written without the ORM: the same ciphertext that the descriptor would make."""
    key = key_for(organization_id, DATA, DATA_KEY_NUMBER)
    return crypto.seal(key, DATA_KEY_NUMBER, plain, crypto.field_context(organization_id, table, column, row_id))


def open_field(organization_id: UUID, table: str, column: str, row_id: UUID, sealed: bytes) -> bytes:
    return crypto.unseal(
        lambda number: key_for(organization_id, DATA, number),
        sealed,
        crypto.field_context(organization_id, table, column, row_id),
    )


def lookup_hash(organization_id: UUID, kind: str, value: str) -> bytes:
    """What a sealed value is found by, inside one organization only."""
    return crypto.keyed_hash(key_for(organization_id, LOOKUP), kind, value)
