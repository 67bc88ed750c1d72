"""The providers we can talk to, by the kind a connection names."""

from __future__ import annotations

from collections.abc import Mapping

from providers.base import Connector
from providers.beds24.client import Beds24
from providers.channex.client import Channex
from providers.errors import NotSupported
from providers.http import HttpFactory
from providers.tokens import TokenStore

CONNECTORS: Mapping[str, type[Connector]] = {connector.name: connector for connector in (Channex, Beds24)}


def connector_class(kind: str) -> type[Connector]:
    """Return what is known of a kind without talking to it. `NotSupported` names the kinds there are."""
    try:
        return CONNECTORS[kind]
    except KeyError:
        known = ", ".join(sorted(CONNECTORS))
        raise NotSupported(f"no connector is called {kind!r}; there are: {known}") from None


def connect(
    kind: str, credentials: Mapping[str, str], http_factory: HttpFactory, tokens: TokenStore | None = None
) -> Connector:
    """Return the connector of a kind, ready to call. `tokens` keeps credentials that wear out."""
    return connector_class(kind).connect(credentials, http_factory, tokens)
