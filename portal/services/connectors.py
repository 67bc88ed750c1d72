"""A connector ready to talk for one connection: credentials in, limits, breaker and journal bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256

from portal.breaker import Breaker
from portal.extensions import redis, runtime
from portal.metrics import PROVIDER_CALLS, PROVIDER_SECONDS
from portal.models import Connection
from portal.throttle import Throttle
from providers.base import Connector
from providers.http import Call, HttpClient
from providers.registry import connect

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

    What is not urgent leaves the last slots of the limit to closings.
    """
    subject = connection.external_property_id or "account"
    return open_line(connection.provider, connection.credentials or {}, subject, reserve=0 if urgent else RESERVE)


def open_line(provider: str, stored: Mapping[str, str], subject: str, *, reserve: int = 0) -> Line:
    """`subject` is what a failing call says something about: a property, or the account."""
    credentials = {**_from_settings(provider), **stored}
    calls: list[Call] = []
    account = _account(credentials)
    breaker = Breaker(redis.client, f"{provider}:{account}:{subject}")

    def make_http(base_url: str, headers: Mapping[str, str]) -> HttpClient:
        throttle = _throttle(provider, account)
        return HttpClient(
            base_url,
            headers,
            deadline=runtime.settings.provider_deadline_seconds,
            limiter=partial(throttle.take, reserve=reserve),
            limited=throttle.block,
            breaker=breaker,
            journal=partial(_note, provider, calls),
        )

    return Line(connect(provider, credentials, make_http), calls)


def loggable(calls: Sequence[Call]) -> list[Call]:
    """What may be written down: an answer that is itself a key to the OTA's account is kept without its body."""
    return [replace(call, response_body=None) if call.path.startswith(_LINKS) else call for call in calls]


def trust_again(connection: Connection) -> None:
    """The provider is known to be back: the next call of this connection need not wait for its breaker."""
    account = _account({**_from_settings(connection.provider), **(connection.credentials or {})})
    subject = connection.external_property_id or "account"
    Breaker(redis.client, f"{connection.provider}:{account}:{subject}").succeeded()


def is_configured(provider: str) -> bool:
    """Whether this installation knows where the provider is; without that nobody can be asked."""
    return provider != "channex" or bool(runtime.settings.channex_api_url and runtime.settings.channex_api_key)


def is_simulated(provider: str) -> bool:
    """True when this provider's address is not one of its own: every page then says so."""
    if provider == "channex":
        host = (runtime.settings.channex_api_url or "").split("//")[-1].split("/")[0].split(":")[0]
        return not host.endswith("channex.io")
    return False


def _note(provider: str, calls: list[Call], call: Call) -> None:
    """Keep the call for the record, and count it."""
    calls.append(call)
    outcome = str(call.status) if call.status is not None else "none"
    PROVIDER_CALLS.labels(provider, call.method, outcome).inc()
    PROVIDER_SECONDS.labels(provider).observe(call.milliseconds / 1000)


def _account(credentials: Mapping[str, str]) -> str:
    """What tells one credential from another without telling what it is."""
    return sha256(repr(sorted(credentials.items())).encode()).hexdigest()[:12]


def _throttle(provider: str, account: str) -> Throttle:
    limit = runtime.settings.channex_rate_limit_per_minute
    return Throttle(redis.client, f"calls:{provider}:{account}", limit, MINUTE, max(1, limit // FALLBACK_SHARE))


def _from_settings(provider: str) -> dict[str, str]:
    if provider != "channex":
        return {}
    settings = runtime.settings
    return {
        "api_url": settings.channex_api_url or "",
        "api_key": settings.channex_api_key or "",
        "page_size": str(settings.channex_sync_batch_size),
    }
