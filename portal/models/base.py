"""What every table shares: ids, times, choices, keys that carry the organization."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import DateTime, Enum, ForeignKeyConstraint, Numeric, func
from sqlalchemy.orm import Mapped, mapped_column

from portal import tenancy
from portal.extensions import db

Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Created = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
# Three decimals hold every currency's exponent (KWD) beside the twelve digits `domain.money` reads.
Money = Annotated[Decimal, mapped_column(Numeric(16, 3))]


def new_id() -> UUID:
    """A UUIDv7: sorts by the time it was made, so that new rows land at the end of every index."""
    return uuid_utils.compat.uuid7()


def choice(kind: type[StrEnum], length: int = 24) -> Enum:
    """A text column that PostgreSQL holds to the members' values."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=length,
        name=kind.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )


class GlobalRow(db.Model):  # type: ignore[name-defined, misc]
    """A row that belongs to the installation, not to one organization."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)

    def __init__(self, **values: Any) -> None:
        values.setdefault("id", new_id())
        super().__init__(**values)


class TenantRow(db.Model):  # type: ignore[name-defined, misc]
    """A row of one organization. Its id exists from the start: sealed fields are bound to it."""

    __abstract__ = True

    organization_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-2)
    id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-1)

    def __init__(self, **values: Any) -> None:
        identity = {
            "organization_id": values.pop("organization_id", None) or tenancy.required(),
            "id": values.pop("id", None) or new_id(),
        }
        super().__init__(**identity, **values)


class TenantDetail(db.Model):  # type: ignore[name-defined, misc]
    """A row of one organization that is known by other keys than an id of its own."""

    __abstract__ = True

    organization_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-2)

    def __init__(self, **values: Any) -> None:
        super().__init__(organization_id=values.pop("organization_id", None) or tenancy.required(), **values)


def belongs_to(table: str, column: str, *, cascade: bool = False) -> ForeignKeyConstraint:
    """A foreign key inside one organization. Row-level security does not guard foreign keys."""
    return ForeignKeyConstraint(
        ["organization_id", column],
        [f"{table}.organization_id", f"{table}.id"],
        ondelete="CASCADE" if cascade else None,
    )


def of_organization() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["organization_id"], ["organizations.id"])
