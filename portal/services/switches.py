"""What may be said to a provider now: the connection's own switches and the installation's, both read each time.

The installation's are settings, and while it runs an operator turns them off and on (`flask switch`). The
stricter of the two counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from portal.db import unit_of_work
from portal.extensions import db, runtime
from portal.models import Connection, MasterSwitch
from portal.models.base import new_id
from portal.services.errors import Refused
from providers.registry import CONNECTORS

NAMES = ("sync", "push", "pull", "webhook")


Off = Sequence[MasterSwitch]


def may(connection: Connection, what: str, off: Off | None = None) -> bool:
    """Whether this connection may `push` or `pull` at the moment. `off`: what `turned_off` said, for who knows it."""
    own = connection.sync_enabled and bool(getattr(connection, f"{what}_enabled"))
    return own and installation_may(connection.provider, what, off)


def installation_may(provider: str, what: str, off: Off | None = None) -> bool:
    """The installation's master switches for a provider: `<PROVIDER>_SYNC_ENABLED` and the one for `what`."""
    if not (_setting(provider, "sync") and _setting(provider, what)):
        return False
    return not any(switch.name in ("sync", what) for switch in (turned_off(provider) if off is None else off))


def turned_off(provider: str) -> Sequence[MasterSwitch]:
    """The master switches an operator has turned off, with when and by whom."""
    return db.session.scalars(
        select(MasterSwitch)
        .where(MasterSwitch.provider == provider, MasterSwitch.on.is_(False))
        .order_by(MasterSwitch.name)
        .execution_options(populate_existing=True)
    ).all()


@dataclass(frozen=True)
class Standing:
    """One master switch as it is. Off by the settings, nobody turned it and nobody knows when."""

    name: str
    on: bool
    turned_by: str = ""
    turned_at: datetime | None = None


def standing(provider: str, off: Off | None = None) -> list[Standing]:
    """The master switches of a provider in the order of `NAMES`. `off`: what `turned_off` said, for who knows it."""
    turned = {switch.name: switch for switch in (turned_off(provider) if off is None else off)}
    found = []
    for name in NAMES:
        by_hand = turned.get(name)
        if by_hand is not None:
            found.append(Standing(name, False, by_hand.turned_by, by_hand.turned_at))
        else:
            found.append(Standing(name, _setting(provider, name)))
    return found


def turn(provider: str, name: str, on: bool, by: str) -> None:
    """Turn a master switch for every tenant, effective with the next job. Raises `Refused`."""
    if provider not in CONNECTORS or name not in NAMES:
        raise Refused("There is no master switch %(provider)s %(name)s.", provider=provider, name=name)
    values = {"on": on, "turned_by": by[:200], "turned_at": func.clock_timestamp()}
    row = insert(MasterSwitch).values(id=new_id(), provider=provider, name=name, **values)
    with unit_of_work():
        db.session.execute(row.on_conflict_do_update(index_elements=["provider", "name"], set_=values))


def _setting(provider: str, name: str) -> bool:
    return bool(getattr(runtime.settings, f"{provider}_{name}_enabled", True))
