"""How far signing in to a provider is, and how its account stands: for people to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from portal import tenancy
from portal.credits import Meter
from portal.db import now
from portal.extensions import db
from portal.models import Connection, ConnectionState, Duty, DutyRow, ProviderLogin
from portal.services import connectors, logins, mappings
from portal.services.errors import NotFound
from providers.registry import CONNECTORS, connector_class

PATIENCE = timedelta(minutes=5)  # after that the page stops looking


@dataclass(frozen=True)
class Standing:
    """`step`: code, account, property, mapping, ready, working. `pending`: a worker is at it."""

    connection: Connection | None
    login: ProviderLogin | None
    step: str
    pending: bool
    rooms_mapped: int = 0
    plans_mapped: int = 0
    missing_rights: tuple[str, ...] = ()
    meter: Meter | None = None

    @property
    def properties(self) -> list[dict[str, Any]]:
        return list((self.login.details or {}).get("properties", [])) if self.login else []

    @property
    def read_at(self) -> datetime | None:
        at = (self.login.details or {}).get("read_at") if self.login else None
        return datetime.fromisoformat(at) if at else None

    @property
    def property_name(self) -> str:
        """What the chosen property is called there."""
        chosen = self.connection.external_property_id if self.connection else None
        return next((one["name"] for one in self.properties if one["external_id"] == chosen), chosen or "")


def by_code() -> tuple[str, ...]:
    """The providers one signs in to with a code."""
    return tuple(kind for kind, connector in CONNECTORS.items() if connector.can("exchange_code"))


def creates(provider: str) -> bool:
    """Whether room types and rate plans can be made there from here."""
    return connector_class(provider).can("create_property")


def tells_otas(provider: str) -> bool:
    """Whether the provider says which OTAs are connected behind it."""
    return connector_class(provider).can("channels")


def of_provider(connections: Sequence[Connection], provider: str) -> Standing:
    """How far this property is with a provider, also when it has not begun. Raises `NotFound` for another kind."""
    if provider not in by_code():
        raise NotFound(f"provider {provider[:16]}")
    found = next((each for each in connections if each.provider == provider), None)
    return of(found) if found is not None else Standing(None, None, "code", False)


def of(connection: Connection) -> Standing:
    login = connectors.login_of(connection)
    rooms, plans = len(mappings.rooms_of(connection.id)), len(mappings.plans_of(connection.id))
    scopes = (login.details or {}).get("scopes") if login else None
    return Standing(
        connection=connection,
        login=login,
        step=_step(connection, login, rooms),
        pending=_pending(connection),
        rooms_mapped=rooms,
        plans_mapped=plans,
        missing_rights=connector_class(connection.provider).lacks(scopes) if scopes else (),
        meter=connectors.meter(login) if login else None,
    )


def accounts(provider: str) -> Sequence[ProviderLogin]:
    """The accounts of the organization that are signed in already."""
    return logins.of_organization(provider)


def _step(connection: Connection, login: ProviderLogin | None, rooms: int) -> str:
    if connection.state is not ConnectionState.SETTING_UP:
        return "code" if connection.state is ConnectionState.DISCONNECTED else "working"
    if login is None or (login.code_sealed is None and login.refresh_sealed is None):
        return "code"
    if login.refresh_sealed is None or not (login.details or {}).get("properties"):
        return "account"
    if not connection.external_property_id:
        return "property"
    return "ready" if rooms else "mapping"


def _pending(connection: Connection) -> bool:
    asked = db.session.scalar(
        select(DutyRow.due_at)
        .where(
            DutyRow.organization_id == tenancy.required(),
            DutyRow.connection_id == connection.id,
            DutyRow.duty == Duty.PROVISION,
        )
        .execution_options(populate_existing=True)
    )
    return asked is not None and now() - asked < PATIENCE
