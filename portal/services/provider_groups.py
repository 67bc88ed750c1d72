"""The organization at a provider: its group, the properties in it, and moving one in or out.

A group is made when the first property is connected (`provision`). The master key sees the groups of every tenant, so
only ids that are written down here are ever asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from portal import tenancy
from portal.db import end_reading, now, unit_of_work
from portal.extensions import db
from portal.models import Connection, ConnectionState, Duty, ProviderAccount
from portal.services import audit, duties
from portal.services.errors import Refused
from providers.base import Connector
from providers.errors import Rejected

MOVES = ("associate", "remove")


@dataclass(frozen=True)
class PropertyStatus:
    """How one property is connected. `in_group` is None where nobody has moved it."""

    property_id: UUID
    connection_id: UUID
    state: ConnectionState
    external_id: str | None
    in_group: bool | None
    group_error: str


@dataclass(frozen=True)
class Status:
    """How the organization is connected. `group_id` is empty before the first property was."""

    provider: str
    group_id: str
    properties: tuple[PropertyStatus, ...]

    @property
    def is_connected(self) -> bool:
        return any(each.state is not ConnectionState.DISCONNECTED for each in self.properties)


def status(provider: str = "channex") -> Status:
    """The current organization's group and properties at a provider. Nothing is asked of it."""
    return Status(provider, group_id(provider), tuple(_status(row) for row in _connections(provider)))


def property_status(property_id: UUID, provider: str = "channex") -> PropertyStatus | None:
    """How a property of the current organization is connected; None: it never was."""
    return next((_status(row) for row in _connections(provider) if row.property_id == property_id), None)


def group_id(provider: str) -> str:
    """The id of the organization's group at the provider; empty when there is none."""
    found = db.session.scalar(
        select(ProviderAccount.external_id).where(
            ProviderAccount.organization_id == tenancy.required(), ProviderAccount.provider == provider
        )
    )
    return found or ""


def request_move(connection: Connection, move: str) -> None:
    """Ask a worker to put the property into the organization's group (`associate`) or to take it out (`remove`)."""
    if move not in MOVES:
        raise Refused("A property is put into its group or taken out of it.")
    with unit_of_work():
        duties.request(connection.id, Duty.CHANNELS, {"group": move})
        audit.record(f"connection.group_{move}", "connection", connection.id, property_id=connection.property_id)


def move(connection: Connection, wanted: str, connector: Connector) -> None:
    """The worker's side. A property must stay in one group at least: what the provider refuses is kept in words."""
    group, property_id = group_id(connection.provider), connection.external_property_id or ""
    if wanted not in MOVES or not group or "link_property" not in connector.capabilities:
        return
    end_reading()
    refusal = ""
    try:
        if wanted == "associate":
            connector.link_property(group, property_id)
        else:
            connector.unlink_property(group, property_id)
    except Rejected as error:
        refusal = str(error)[:300]
    is_in = (wanted == "associate") != bool(refusal)
    with unit_of_work():
        kept = {"in": is_in, "error": refusal, "at": now().isoformat()}
        connection.settings = {**(connection.settings or {}), "group": kept}


def _connections(provider: str) -> Sequence[Connection]:
    return db.session.scalars(
        select(Connection)
        .where(Connection.organization_id == tenancy.required(), Connection.provider == provider)
        .order_by(Connection.id)
    ).all()


def _status(row: Connection) -> PropertyStatus:
    group = (row.settings or {}).get("group", {})
    return PropertyStatus(
        row.property_id, row.id, row.state, row.external_property_id, group.get("in"), group.get("error", "")
    )
