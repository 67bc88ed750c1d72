"""A connector ready to talk for one connection: credentials in, limits, breaker and journal bound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from portal import tenancy
from portal.breaker import Breaker
from portal.credits import Credits, Meter, OtherTurn
from portal.db import end_reading
from portal.extensions import db, redis, runtime
from portal.metrics import PROVIDER_CALLS, PROVIDER_SECONDS
from portal.models import Connection, Property, ProviderLogin
from portal.services.login_tokens import LoginTokens
from portal.throttle import Throttle
from providers.base import Allowance, Connector
from providers.dialect import Credits as Said
from providers.errors import RateLimited
from providers.http import Call, HttpClient
from providers.registry import connect, connector_class

MINUTE = 60.0
_LINKS = ("/meta/airbnb/connection_link", "/auth/one_time_token")
RESERVE = 2  # slots of each window that only urgent work may take
FALLBACK_SHARE = 4  # without Redis each process keeps to a quarter: there are a few of them


@dataclass
class Line:
    """A connector and what it said so far. `calls` is written down with the result of the work."""

    connector: Connector
    calls: list[Call] = field(default_factory=list)


def line_for(connection: Connection, *, urgent: bool = True) -> Line:
    """The line of one connection. Its breaker and limits are shared with every other process.

    What is not urgent leaves the last of the limit to closings.
    """
    connector = connector_class(connection.provider)
    stored = dict(connection.credentials or {})
    if connector.needs_currency:
        stored["currency"] = _currency(connection)
    subject = connection.external_property_id or "account"
    login = login_of(connection)
    end_reading()
    return open_line(connection.provider, stored, subject, urgent=urgent, login=login)


def open_line(
    provider: str,
    stored: Mapping[str, str],
    subject: str,
    *,
    urgent: bool = True,
    login: ProviderLogin | None = None,
) -> Line:
    """`subject` is what a failing call says something about: a property, or the account."""
    credentials = {**_from_settings(provider), **stored}
    calls: list[Call] = []
    account = account_key(provider, credentials, login)
    breaker = Breaker(redis.client, f"{account}:{subject}")
    limits = _limits(provider, account, urgent)

    def make_http(base_url: str, headers: Mapping[str, str]) -> HttpClient:
        return HttpClient(
            base_url,
            headers,
            deadline=runtime.settings.provider_deadline_seconds,
            breaker=breaker,
            journal=partial(_note, provider, calls),
            **limits,
        )

    tokens = LoginTokens(login.id) if login is not None and login.refresh_sealed else None
    return Line(connect(provider, credentials, make_http, tokens), calls)


def loggable(calls: Sequence[Call]) -> list[Call]:
    """What may be written down: an answer that is itself a key to the OTA's account is kept without its body."""
    return [replace(call, response_body=None) if call.path.startswith(_LINKS) else call for call in calls]


def trust_again(connection: Connection) -> None:
    """The provider is known to be back: the next call of this connection need not wait for its breaker."""
    credentials = {**_from_settings(connection.provider), **(connection.credentials or {})}
    account = account_key(connection.provider, credentials, login_of(connection))
    Breaker(redis.client, f"{account}:{connection.external_property_id or 'account'}").succeeded()


def login_of(connection: Connection) -> ProviderLogin | None:
    """The account a connection signs in with, as it is now; None where the installation's own key does."""
    if connection.login_id is None:
        return None
    found: ProviderLogin | None = db.session.scalar(
        select(ProviderLogin)
        .where(ProviderLogin.organization_id == tenancy.required(), ProviderLogin.id == connection.login_id)
        .execution_options(populate_existing=True)
    )
    return found


def meter(login: ProviderLogin) -> Meter | None:
    """What the provider last said of the account's credits; None: not known, or this one does not meter."""
    allowance = connector_class(login.provider).allowance
    return _credits(account_key(login.provider, {}, login), allowance).meter() if allowance else None


def is_configured(provider: str) -> bool:
    """Whether this installation knows where the provider is; without that nobody can be asked."""
    known = _from_settings(provider)
    return all(known.get(name) for name in connector_class(provider).needs_settings)


def is_simulated(provider: str) -> bool:
    """True when this provider's address is not one of its own: every page then says so."""
    host = (urlsplit(_from_settings(provider).get("api_url") or "").hostname or "").lower()
    own = connector_class(provider).own_hosts
    return not any(host == name or host.endswith(f".{name}") for name in own)


def _note(provider: str, calls: list[Call], call: Call) -> None:
    """Keep the call for the record, and count it."""
    calls.append(call)
    outcome = str(call.status) if call.status is not None else "none"
    PROVIDER_CALLS.labels(provider, call.method, outcome).inc()
    PROVIDER_SECONDS.labels(provider).observe(call.milliseconds / 1000)


def account_key(provider: str, credentials: Mapping[str, str], login: ProviderLogin | None) -> str:
    """What tells one account from another without telling its secret: what all its connections share is kept by it.

    An account that several organizations use has one allowance and one turn.
    """
    if login is not None:
        return f"{provider}:{login.external_id or login.id}"
    return f"{provider}:{sha256(repr(sorted(credentials.items())).encode()).hexdigest()[:12]}"


def _limits(provider: str, account: str, urgent: bool) -> dict[str, Any]:
    """What of `HttpClient` keeps an account within what the provider allows."""
    allowance = connector_class(provider).allowance
    if allowance is not None:
        return _metered(_credits(account, allowance), allowance, 0.0 if urgent else allowance.reserve)
    limit = getattr(runtime.settings, f"{provider}_rate_limit_per_minute")
    throttle = Throttle(redis.client, f"calls:{account}", limit, MINUTE, max(1, limit // FALLBACK_SHARE))
    return {"limiter": partial(throttle.take, reserve=0 if urgent else RESERVE), "limited": throttle.block}


def _metered(credits: Credits, allowance: Allowance, reserve: float) -> dict[str, Any]:
    deadline = runtime.settings.provider_deadline_seconds

    def observed(bucket: str, said: Said) -> None:
        credits.observe(_number(said.remaining), said.resets_in, _number(said.cost))

    @contextmanager
    def turn() -> Iterator[None]:
        try:
            with credits.turn(deadline + 2, 3 * deadline):
                yield
        except OtherTurn:
            raise RateLimited("other calls of this account take their time", retry_after=deadline) from None

    return {
        "limiter": lambda bucket: credits.take(allowance.cost, reserve),
        "limited": lambda bucket, seconds: credits.spent(seconds or allowance.window),
        "observed": observed,
        "turn": turn,
    }


def _credits(account: str, allowance: Allowance) -> Credits:
    return Credits(redis.client, account, allowance.credits, allowance.window)


def _number(said: Decimal | None) -> float | None:
    return None if said is None else float(said)


def _currency(connection: Connection) -> str:
    """The currency in which the provider's amounts are to be read: the property's own."""
    found: str = db.session.execute(
        select(Property.currency).where(
            Property.organization_id == tenancy.required(), Property.id == connection.property_id
        )
    ).scalar_one()
    return found


def _from_settings(provider: str) -> dict[str, str]:
    """What the installation itself knows of a provider, by the names the connector has for it."""
    names = connector_class(provider).from_settings
    held = {name: getattr(runtime.settings, f"{provider}_{setting}") for name, setting in names.items()}
    return {name: "" if value is None else str(value) for name, value in held.items()}
