"""A mapping in the making: kept apart from the live one, so that leaving the page changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from portal import tenancy
from portal.db import unit_of_work
from portal.domain import mapping as rule
from portal.domain.mapping import Decision, Fault, Item, Map, Wanted
from portal.extensions import db
from portal.models import Connection, MappingDraft, RemoteSnapshot
from portal.services import audit, mapping_sides, remote_products
from portal.services.errors import Refused, StaleEdit
from portal.services.sentences import Phrase


class Faulty(Refused):
    """The mapping cannot be as wanted; `faults` says why, line by line."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(Phrase("This mapping cannot be saved as it is."))
        self.faults = faults


@dataclass(frozen=True)
class Desk:
    """Everything the mapping page shows of one connection. `target` is the live mapping with the draft laid over it."""

    connection: Connection
    snapshot: RemoteSnapshot | None
    ours: list[Item]
    theirs: list[Item]
    live: Map
    wanted: Wanted
    version: int
    changed_by: str = ""
    changed_at: datetime | None = None
    names: Mapping[str, str] = field(default_factory=dict)  # of mapped products, also of those that are gone

    @property
    def target(self) -> Map:
        return rule.laid_over(self.live, self.wanted)

    @property
    def undecided(self) -> list[Item]:
        return rule.undecided(self.target, self.theirs)

    @property
    def gone(self) -> set[str]:
        """Keys of ours whose product is not at the provider any more. Nobody knows before its list was read."""
        return rule.gone(self.target, self.theirs) if self.is_read else set()

    @property
    def is_read(self) -> bool:
        return self.snapshot is not None and self.snapshot.fetched_at is not None


def read(connection: Connection) -> Desk:
    """The live mapping, the draft over it, and both sides with their prices of the sample nights."""
    return _desk(connection, prices=True)


def undecided(connection: Connection) -> int:
    """How many of the provider's products are neither mapped nor deliberately left out, as the mapping is live now.

    0 is needed to go live. A list that was never read counts as one: nobody knows what is sold there.
    """
    kept = remote_products.snapshot(connection.id)
    if kept is None or kept.fetched_at is None:
        return 1
    return len(rule.undecided(mapping_sides.live(connection), remote_products.items(kept)))


def save(
    connection: Connection, version: int, pairs: Mapping[str, str], decisions: Mapping[str, Decision | None]
) -> int:
    """Keep what a person wants of these lines as the draft; return its new version. Nothing is sent.

    `pairs` is {ours: the code of theirs, "" for none}; lines that are not named stay. Codes are trimmed, compared
    exactly, and have to be on the list as last read. Raises `StaleEdit` when somebody else changed the draft since
    `version`, `Faulty` when a line cannot be.
    """
    with unit_of_work():
        row = locked(connection, version)
        desk = _desk(connection)
        coded = {key: _key(key, code) for key, code in pairs.items() if key in {item.key for item in desk.ours}}
        known = {item.key for item in desk.theirs}
        settled = {key: value for key, value in decisions.items() if key in known}
        target = rule.laid_over(desk.target, Wanted(coded, settled))
        wrong = rule.faults(target, Wanted.between(desk.live, target).pairs, desk.ours, desk.theirs)
        if wrong:
            raise Faulty(wrong)
        return _keep(row, Wanted.between(desk.live, target))


def discard(connection: Connection, version: int) -> None:
    """Drop the draft: the live mapping is what it was. Raises `StaleEdit`."""
    with unit_of_work():
        _keep(locked(connection, version), Wanted())
        audit.record("mapping.discarded", "connection", connection.id, property_id=connection.property_id)


def locked(connection: Connection, version: int) -> MappingDraft:
    """The connection's draft, held until the transaction ends; a helper. Raises `StaleEdit` when it moved."""
    mine = {"organization_id": tenancy.required(), "connection_id": connection.id}
    db.session.execute(insert(MappingDraft).values(**mine).on_conflict_do_nothing())
    row: MappingDraft = db.session.scalars(
        select(MappingDraft).filter_by(**mine).with_for_update().execution_options(populate_existing=True)
    ).one()
    if row.version != version:
        raise StaleEdit("%(who)s changed this draft meanwhile.", who=row.changed_by or Phrase("Somebody"))
    return row


def cleared(row: MappingDraft) -> None:
    """The draft has become the live mapping; a helper."""
    _keep(row, Wanted())


def _keep(row: MappingDraft, wanted: Wanted) -> int:
    row.wanted, row.version = wanted.as_json(), row.version + 1
    row.changed_by, row.changed_at = audit.actor().name[:200], func.clock_timestamp()
    db.session.flush()
    return row.version


def _desk(connection: Connection, *, prices: bool = False) -> Desk:
    row = db.session.scalar(
        select(MappingDraft).where(
            MappingDraft.organization_id == tenancy.required(), MappingDraft.connection_id == connection.id
        )
    )
    kept = remote_products.snapshot(connection.id)
    nights = remote_products.sample_nights(connection) if prices else None
    return Desk(
        connection=connection,
        snapshot=kept,
        ours=mapping_sides.ours(connection.property_id, nights),
        theirs=remote_products.items(kept),
        live=mapping_sides.live(connection),
        wanted=Wanted.from_json(row.wanted if row else {}),
        version=row.version if row else 0,
        changed_by=row.changed_by if row else "",
        changed_at=row.changed_at if row else None,
        names=mapping_sides.mapped_names(connection),
    )


def _key(ours: str, code: str) -> str | None:
    """A code as somebody picked or typed it, as a key of the same kind as ours."""
    trimmed = code.strip()
    return f"{ours.partition(':')[0]}:{trimmed}" if trimmed else None
