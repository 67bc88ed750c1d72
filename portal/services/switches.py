"""What may be said to a provider now: the connection's own switches and the installation's, both read each time."""

from __future__ import annotations

from portal.extensions import runtime
from portal.models import Connection


def may(connection: Connection, what: str) -> bool:
    """Whether this connection may `push` or `pull` at the moment."""
    own = connection.sync_enabled and bool(getattr(connection, f"{what}_enabled"))
    return own and installation_may(connection.provider, what)


def installation_may(provider: str, what: str) -> bool:
    """The installation's master switches for a provider: `<PROVIDER>_SYNC_ENABLED` and the one for `what`."""
    return _setting(provider, "sync") and _setting(provider, what)


def _setting(provider: str, name: str) -> bool:
    return bool(getattr(runtime.settings, f"{provider}_{name}_enabled", True))
