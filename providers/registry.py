"""The providers we can talk to, by the kind a connection names."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from providers.base import Connector
from providers.channex.client import Channex
from providers.errors import NotSupported
from providers.http import HttpFactory

CONNECTORS: Mapping[str, Callable[[Mapping[str, str], HttpFactory], Connector]] = {
    Channex.name: Channex.connect,
}


def connect(kind: str, credentials: Mapping[str, str], http_factory: HttpFactory) -> Connector:
    """Return the connector of a kind, ready to call. `NotSupported` names the kinds there are."""
    try:
        make = CONNECTORS[kind]
    except KeyError:
        known = ", ".join(sorted(CONNECTORS))
        raise NotSupported(f"no connector is called {kind!r}; there are: {known}") from None
    return make(credentials, http_factory)
