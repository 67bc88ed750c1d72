"""A drafted mapping becomes the live one: reviewed, applied in one transaction, undone within a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select

from portal import tenancy
from portal.db import now, unit_of_work
from portal.domain import mapping as rule
from portal.domain.mapping import Map, Wanted
from portal.extensions import db
from portal.models import Connection, ConnectionState, Duty, MappingChange, MappingDraft, ProductDecision
from portal.services import (
    audit,
    connections,
    duties,
    mapping_drafts,
    mapping_lanes,
    remote_closings,
    reservation_pushes,
)
from portal.services.errors import NotFound, Refused
from portal.services.mapping_drafts import Desk, Faulty

UNDO_WITHIN = timedelta(hours=24)


@dataclass(frozen=True)
class Review:
    """What applying a draft would do. Counted, not guessed; `channels` are the OTAs behind the connection.

    `opens` and `closes` are products of the provider whose calendars begin and end; `nights` and `prices` what is
    sent for those that begin.
    """

    desk: Desk
    changed: list[str]  # keys of ours
    decided: list[str]  # keys of theirs
    opens: list[str]
    closes: list[str]
    nights: int
    prices: int
    channels: list[str]
    faults: Sequence[rule.Fault]

    @property
    def is_ready(self) -> bool:
        return bool(self.desk.wanted) and not self.faults and not self.desk.undecided and self.desk.is_read


def review(connection: Connection) -> Review:
    desk = mapping_drafts.read(connection)
    target = desk.target
    pairs = Wanted.between(desk.live, target)
    opened = [key for key, other in pairs.pairs.items() if other]
    nights, prices = mapping_lanes.weight(connection, opened)
    return Review(
        desk=desk,
        changed=[item.key for item in desk.ours if item.key in pairs.pairs],
        decided=sorted(pairs.decisions),
        opens=[str(pairs.pairs[key]) for key in opened],
        closes=sorted(rule.to_close(desk.live, target)),
        nights=nights,
        prices=prices,
        channels=[row.title or row.code for row in connections.channels(connection.id)],
        faults=rule.faults(target, pairs.pairs, desk.ours, desk.theirs),
    )


def apply(connection: Connection, version: int) -> UUID:
    """Make the draft the live mapping, all of it or nothing; return the change, which can be undone for a day.

    What is mapped no more is taken off sale at the provider before anything of the new mapping is sent. Raises
    `StaleEdit` when the draft moved since it was reviewed, `Faulty`, and `Refused` while products are undecided.
    """
    with unit_of_work():
        draft = _held(connection, version)
        found = review(connection)
        if not found.desk.wanted:
            raise Refused("There is nothing to apply: the draft is the live mapping.")
        if found.faults:
            raise Faulty(found.faults)
        if not found.desk.is_read or found.desk.undecided:
            raise Refused("Some products are undecided. Decide about each of them first: they may be on sale.")
        change = _change(connection, found.desk.live, found.desk.target, found.desk)
        mapping_drafts.cleared(draft)
    return change


def undo(connection: Connection, change_id: UUID) -> UUID:
    """Bring back the mapping as it was before the newest change, both sides; return the change this makes.

    Raises `NotFound` for a strange one, `Refused` when it is not the newest, a day old, or the mapping moved on.
    """
    with unit_of_work():
        _locked(connection)
        row = newest(connection)
        if row is None or row.id != change_id:
            _find(connection, change_id)
            raise Refused("Only the newest change can be undone.")
        if not can_undo(row):
            raise Refused("This change is more than 24 hours old, or was undone already.")
        desk = mapping_drafts.read(connection)
        after, before = Map.from_json(row.after), Map.from_json(row.before)
        if desk.live != after:
            raise Refused("The mapping was changed by something else since: what stood before cannot be brought back.")
        kept = {item.key for item in desk.ours}
        if not set(before.pairs) <= kept | set(after.pairs):
            raise Refused("A room type or rate plan of the mapping before is no longer in use.")
        row.undone_at = func.clock_timestamp()
        return _change(connection, after, before, desk, undoes=row.id, names=row.names)


def can_undo(row: MappingChange) -> bool:
    return row.undone_at is None and row.undoes is None and now() - row.applied_at < UNDO_WITHIN


def newest(connection: Connection) -> MappingChange | None:
    found = history(connection, most=1)
    return found[0] if found else None


def history(connection: Connection, most: int = 50) -> Sequence[MappingChange]:
    """What was applied and undone, newest first."""
    return db.session.scalars(
        select(MappingChange)
        .where(MappingChange.organization_id == tenancy.required(), MappingChange.connection_id == connection.id)
        .order_by(MappingChange.id.desc())
        .limit(most)
        .execution_options(populate_existing=True)
    ).all()


def _find(connection: Connection, change_id: UUID) -> None:
    if not any(row.id == change_id for row in history(connection, most=1000)):
        raise NotFound(f"mapping change {change_id}")


def _held(connection: Connection, version: int) -> MappingDraft:
    _locked(connection)
    return mapping_drafts.locked(connection, version)


def _locked(connection: Connection) -> None:
    """Hold the connection: two people who apply at once come one after the other. It has to be one that sells."""
    row = db.session.scalars(
        select(Connection)
        .where(Connection.organization_id == tenancy.required(), Connection.id == connection.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    if row.state not in (ConnectionState.ACTIVE, ConnectionState.PAUSED, ConnectionState.SETTING_UP):
        raise Refused("This connection is broken or ended: mend it first.")


def _change(
    connection: Connection, before: Map, after: Map, desk: Desk, *, undoes: UUID | None = None,
    names: Mapping[str, str] | None = None,
) -> UUID:  # fmt: skip
    """Write the new mapping, its lanes, what has to close and the history; a helper, inside a unit of work."""
    wanted = Wanted.between(before, after)
    said = {**(names or {}), **desk.names, **_names(desk)}
    mapping_lanes.write(connection, wanted.pairs, desk.snapshot, said)
    _decide(connection, wanted)
    there = {item.key for item in desk.theirs}
    closing = rule.to_close(before, after)
    remote_closings.forget(connection, after.pairs.values())
    remote_closings.ask(connection, {key: said.get(key, key) for key in closing if not desk.is_read or key in there})
    row = MappingChange(
        connection_id=connection.id, before=before.as_json(), after=after.as_json(), undoes=undoes,
        names={key: said[key] for key in _spoken(before, after) if key in said}, by=audit.actor().name[:200],
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    reservation_pushes.again_after_mapping(connection.id)
    duties.request(connection.id, Duty.PUSH)
    audit.record(
        "mapping.undone" if undoes else "mapping.applied", "connection", connection.id,
        {said.get(key, key): (said.get(before.pairs.get(key, ""), ""), said.get(other or "", ""))
         for key, other in wanted.pairs.items()},
        property_id=connection.property_id,
    )  # fmt: skip
    return row.id


def _names(desk: Desk) -> dict[str, str]:
    mine, others = {item.key: item for item in desk.ours}, {item.key: item for item in desk.theirs}
    return {key: rule.full_name(item, side) for side in (others, mine) for key, item in side.items()}


def _spoken(before: Map, after: Map) -> set[str]:
    sides = (before, after)
    return {key for each in sides for key in (*each.pairs, *each.pairs.values(), *each.decisions)}


def _decide(connection: Connection, wanted: Wanted) -> None:
    for product, decision in wanted.decisions.items():
        db.session.execute(
            delete(ProductDecision).where(
                ProductDecision.organization_id == connection.organization_id,
                ProductDecision.connection_id == connection.id,
                ProductDecision.product == product,
            )
        )
        if decision is not None:
            db.session.add(ProductDecision(connection_id=connection.id, product=product, decision=decision))
    db.session.flush()
