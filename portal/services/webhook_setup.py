"""Where a provider posts to us: the address, the secret, and how the provider is told."""

from __future__ import annotations

from portal.db import now, unit_of_work
from portal.extensions import runtime
from portal.models import Connection
from portal.services import duties, inbox
from portal.services.connectors import Line
from providers.errors import Rejected
from providers.registry import connector_class


def address(connection: Connection) -> str:
    """Where the provider posts: the installation's own address when one webhook serves the whole account,
    else the connection's. The secret is not part of either."""
    if inbox.account_secret(connection.provider):
        return f"{runtime.settings.public_url}/api/webhooks/{connection.provider}"
    return f"{runtime.settings.public_url}/webhooks/{connection.webhook_key}"


def target(connection: Connection) -> tuple[str, str | None, str]:
    """What the provider is to be told: our address, the property it is registered on (None: the whole account), the
    secret. An empty secret: this installation takes no webhooks of that provider."""
    if connector_class(connection.provider).webhooks_of == "property":
        return address(connection), connection.external_property_id, connection.webhook_secret or ""
    return address(connection), None, inbox.account_secret(connection.provider) or ""


def register(connection: Connection, line: Line, lease: duties.Lease) -> None:
    """Create or repair our webhook. That a provider does not keep a property's is written down, and stops nothing:
    bookings are read on schedule as well."""
    url, property_id, secret = target(connection)
    if not secret:
        return
    external, refusal = None, ""
    try:
        external = line.connector.register_webhook(url, property_id, secret)
    except Rejected as error:
        if property_id is None:
            raise
        refusal = str(error)[:300]
    with unit_of_work():
        duties.renew(lease)
        connection.external_webhook_id = external
        if property_id is not None:
            kept = {"faults": ["it was refused"] if refusal else [], "refusal": refusal, "at": now().isoformat()}
            connection.settings = {**(connection.settings or {}), "webhook": kept}
