"""Accounts at providers that people sign in to with a code: entered, exchanged, kept alive, replaced."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import delete, select, text, update

from portal import tenancy
from portal.db import end_reading, now, unit_of_work
from portal.domain.problems import Category, Trouble
from portal.extensions import db
from portal.models import Connection, ConnectionState, Duty, ProviderLogin
from portal.services import (
    audit,
    connection_state,
    connectors,
    duties,
    full_sync,
    incidents,
    login_tokens,
    switches,
)
from portal.services.errors import NotFound
from providers.errors import AuthFailed, ProviderError
from providers.registry import connector_class
from providers.tokens import Tokens
from providers.types import AccountDetails, RemoteProperty

log = structlog.get_logger()

AHEAD = timedelta(minutes=30)  # before an access token ends it is renewed by the schedule
AT_LEAST_EVERY = timedelta(days=7)
WARN_AFTER = timedelta(days=23)  # a credential unused for 30 days dies
_LIVE = (ConnectionState.SETTING_UP, ConnectionState.ACTIVE, ConnectionState.PAUSED, ConnectionState.BROKEN,
         ConnectionState.CLOSING)  # fmt: skip


def create(provider: str, code: str, *, replaces: UUID | None = None) -> ProviderLogin:
    """Keep a code, sealed, until a worker exchanges it; a helper, inside a unit of work."""
    login = ProviderLogin(provider=provider, created_by=audit.actor().name)
    login.code = code
    login.details = {"replaces": str(replaces)} if replaces else {}
    db.session.add(login)
    db.session.flush()
    return login


def of_organization(provider: str) -> Sequence[ProviderLogin]:
    """The accounts that are signed in, oldest first: another property may use one of them."""
    return db.session.scalars(
        select(ProviderLogin)
        .where(
            ProviderLogin.organization_id == tenancy.required(),
            ProviderLogin.provider == provider,
            ProviderLogin.refresh_sealed.is_not(None),
        )
        .order_by(ProviderLogin.id)
    ).all()


def find(login_id: UUID, provider: str) -> ProviderLogin:
    """The organization's own account. Raises `NotFound`."""
    found: ProviderLogin | None = db.session.scalar(
        select(ProviderLogin).where(
            ProviderLogin.organization_id == tenancy.required(),
            ProviderLogin.id == login_id,
            ProviderLogin.provider == provider,
        )
    )
    if found is None:
        raise NotFound(f"account {login_id}")
    return found


def code_refused(login_id: UUID, reason: str) -> None:
    """Forget a code that does not serve; a helper, inside a unit of work."""
    _set(login_id, code_sealed=None, error=reason[:500])


def code_served(login_id: UUID, tokens: Tokens) -> None:
    """Store what the code was exchanged for, before anything else happens."""
    with unit_of_work():
        login_tokens.write(login_id, tokens)
        _set(login_id, code_sealed=None, error="")
        audit.record("login.connected", "provider_login", login_id)


def take_details(login_id: UUID, details: AccountDetails, properties: Sequence[RemoteProperty]) -> None:
    """Write down what the account may do and sees; a helper, inside a unit of work."""
    row = db.session.scalars(
        select(ProviderLogin).where(ProviderLogin.organization_id == tenancy.required(), ProviderLogin.id == login_id)
    ).one()
    row.external_id = details.owner_id
    row.details = {
        **(row.details or {}),
        "scopes": list(details.scopes),
        "label": details.label,
        "linked_properties": details.linked_properties,
        "only_property_id": details.only_property_id,
        "allowed_addresses": list(details.allowed_addresses),
        "properties": [
            {"external_id": one.external_id, "name": one.name, "currency": one.currency, "city": one.city}
            for one in properties
        ],
        "read_at": connection_state.stamp(),
    }


def replace_if_asked(connection: Connection, login_id: UUID) -> None:
    """Put a new sign-in in the place of the one it was made for, on every connection of that; a helper.

    A code of another account replaces nothing: its connections would lose their property.
    """
    login = db.session.scalars(
        select(ProviderLogin).where(ProviderLogin.organization_id == tenancy.required(), ProviderLogin.id == login_id)
    ).one()
    replaced = (login.details or {}).get("replaces")
    if not replaced:
        return
    old = find(UUID(replaced), login.provider)
    login.details = {name: value for name, value in login.details.items() if name != "replaces"}
    if old.external_id and old.external_id != login.external_id:
        connection.login_id = old.id
        old.error = f"the code is of another account ({login.external_id}, not {old.external_id})"
        db.session.flush()
        db.session.execute(delete(ProviderLogin).where(*_mine(login.id)).execution_options(synchronize_session=False))
        return
    for each in _connections(old.id):
        each.login_id = login.id
        _revive(each)
    connection.login_id = login.id
    _revive(connection)
    db.session.flush()
    db.session.execute(delete(ProviderLogin).where(*_mine(old.id)).execution_options(synchronize_session=False))


def _revive(connection: Connection) -> None:
    incidents.closed(Trouble.CREDENTIAL_REFUSED, connection.id)
    incidents.closed(Trouble.LOGIN_UNUSED, connection.id)
    if connection.state is ConnectionState.BROKEN:
        connection_state.change(connection, ConnectionState.ACTIVE, "")
        full_sync.forget_everything(connection)
        duties.request(connection.id, Duty.PUSH)
        duties.request(connection.id, Duty.DRAIN, {"pull": True})


def keep_signed_in() -> None:
    """The task: renew, for every tenant, what would end soon or was not used for a week; warn of what is not used."""
    organizations = list(db.session.execute(text("select organization_id from all_organizations()")).scalars())
    end_reading()
    for organization_id in organizations:
        with tenancy.of(organization_id):
            for login in _in_use():
                _keep(login)


def _in_use() -> list[ProviderLogin]:
    used = select(Connection.login_id).where(
        Connection.organization_id == tenancy.required(), Connection.state.in_(_LIVE)
    )
    rows = db.session.scalars(
        select(ProviderLogin)
        .where(
            ProviderLogin.organization_id == tenancy.required(),
            ProviderLogin.refresh_sealed.is_not(None),
            ProviderLogin.id.in_(used),
        )
        .execution_options(populate_existing=True)
    ).all()
    end_reading()
    return list(rows)


def _keep(login: ProviderLogin) -> None:
    moment = now()
    end_reading()
    error: ProviderError | None = None
    if switches.installation_may(login.provider, "sync") and _is_due(login, moment):
        line = connectors.open_line(login.provider, {}, "account", urgent=False, login=login)
        try:
            line.connector.keep_signed_in(AHEAD, AT_LEAST_EVERY)
        except ProviderError as failure:
            log.warning("not_renewed", login_id=str(login.id), reason=str(failure))
            error = failure
    db.session.refresh(login)
    unused = login.refreshed_at is None or moment - login.refreshed_at > WARN_AFTER
    with unit_of_work():
        for connection in _connections(login.id):
            if isinstance(error, AuthFailed) and connection.state is not ConnectionState.SETTING_UP:
                connection_state.report(connection, error)
            _warn(connection, login, unused)


def _is_due(login: ProviderLogin, moment: datetime) -> bool:
    if login.retry_at is not None and login.retry_at > moment:
        return False
    ends = login.expires_at is None or login.expires_at - moment < AHEAD
    return ends or login.refreshed_at is None or moment - login.refreshed_at >= AT_LEAST_EVERY


def _warn(connection: Connection, login: ProviderLogin, unused: bool) -> None:
    if not unused:
        incidents.closed(Trouble.LOGIN_UNUSED, connection.id)
        return
    used = login.refreshed_at.date().isoformat() if login.refreshed_at else ""
    incidents.opened(
        Trouble.LOGIN_UNUSED, Category.AUTH_ERROR, connection.property_id, connection.id, facts={"used": used}
    )


def is_signed_in_by_code(provider: str) -> bool:
    return connector_class(provider).can("exchange_code")


def _connections(login_id: UUID) -> Sequence[Connection]:
    return db.session.scalars(
        select(Connection).where(
            Connection.organization_id == tenancy.required(),
            Connection.login_id == login_id,
            Connection.state != ConnectionState.DISCONNECTED,
        )
    ).all()


def _mine(login_id: UUID) -> tuple[Any, Any]:
    return ProviderLogin.organization_id == tenancy.required(), ProviderLogin.id == login_id


def _set(login_id: UUID, **values: Any) -> None:
    db.session.execute(
        update(ProviderLogin).where(*_mine(login_id)).values(**values).execution_options(synchronize_session="fetch")
    )
