"""The state of a connection, changed in one place, always with its reason."""

from __future__ import annotations

from sqlalchemy import update

from portal.extensions import db
from portal.models import Connection, ConnectionState
from portal.services import audit


def change(connection: Connection, state: ConnectionState, reason: str) -> None:
    """Move the connection to a state and say why; a helper, inside a unit of work.

    A broken connection makes no more calls until a person repairs it: a refused credential is never
    tried in a loop. What the lanes want is kept.
    """
    before = connection.state
    if before == state:
        return
    db.session.execute(
        update(Connection)
        .where(Connection.organization_id == connection.organization_id, Connection.id == connection.id)
        .values(state=state, state_reason=reason[:300])
        .execution_options(synchronize_session=False)
    )
    audit.record(
        "connection.state",
        "connection",
        connection.id,
        {"state": (str(before), state.value), "reason": (connection.state_reason, reason[:300])},
        property_id=connection.property_id,
    )
