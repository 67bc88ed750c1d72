"""Two guests made one, and two again: their values, keys and stays, with a sealed record of what changed hands.

Lock order: reservations, then the keys guests are known by, then the guests. A booking that arrives meanwhile for
one of the two waits, and finds whoever is there afterwards.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from portal import tenancy
from portal.db import unit_of_work
from portal.domain import guest_merges as rule
from portal.domain.guest_merges import Row, Side
from portal.extensions import db
from portal.models import Guest, GuestMerge, Reservation
from portal.services import audit, guest_keys, guests, locks
from portal.services.errors import NotFound, Refused

_CONTACT = ("email", "phone", "address", "city", "postal_code", "state", "company")
_COLUMNS = ("name", "country", "language", "notes")


@dataclass(frozen=True)
class Preview:
    """What a merge would do: who stays, whose stays move, and which value of each field is kept."""

    kept: Guest
    gone: Guest
    rows: Sequence[Row]
    moving: int  # reservations that change hands


@dataclass(frozen=True)
class Undone:
    """What an undone merge leaves: both guests, and the stays made since the merge, which stay where they are."""

    kept_id: UUID
    gone_id: UUID
    stayed: Sequence[UUID] = ()


def preview(kept_id: UUID, gone_id: UUID, chosen: Mapping[str, Side] | None = None) -> Preview:
    """Compare two guests. Raises `NotFound`, `Refused` when they are one already."""
    kept, gone = guests.find(kept_id), guests.find(gone_id)
    _check(kept, gone)
    return Preview(kept, gone, _rows(kept, gone, chosen), len(_stays([gone_id])))


def merge(kept_id: UUID, gone_id: UUID, chosen: Mapping[str, Side] | None = None) -> GuestMerge:
    """Make two guests one: `kept_id` goes on, with the values that win, all stays and everything it is known by.

    A second click gives the merge of the first. Raises `NotFound`, `Refused`.
    """
    with unit_of_work():
        _stays([kept_id, gone_id], hold=True)
        kept, gone, keys = _hold(kept_id, gone_id)
        if gone.merged_into == kept_id and (done := _last(kept_id, gone_id)):
            return done
        _check(kept, gone)
        rows = _rows(kept, gone, chosen)
        before, merged = _facts(kept), {row.field: row.result for row in rows}
        newest, sources = _newest(kept, gone), _sources(kept, gone, rows)
        record = {
            "before": before,
            "merged": merged,
            "sources": kept.sources or {},
            "changed_at": [kept.contact_changed_at, newest],
            "keys": _written(keys[gone_id]),
            "added": _written(keys[gone_id] - keys[kept_id]),
            "stays": [*map(str, _stays([gone_id]))],
            "own_stays": [*map(str, _stays([kept_id]))],
        }
        done = GuestMerge(kept_id=kept_id, gone_id=gone_id, merged_by=audit.actor().name[:200])
        done.record = record
        db.session.add(done)
        _write(kept, merged)
        kept.sources, kept.contact_changed_at = sources, newest
        gone.merged_into = kept_id
        db.session.flush()
        guest_keys.give(kept_id, keys[gone_id])
        guest_keys.take(gone_id, keys[gone_id])
        _move_stays(_stays([gone_id]), kept_id)
        changes = {field: (before.get(field), value) for field, value in merged.items() if before.get(field) != value}
        audit.record("guest.merged", "guest", kept_id, {"guest": (str(gone_id), str(kept_id)), **changes})
    return done


def undo(merge_id: UUID) -> Undone:
    """Make them two again, each with its own values, keys and stays.

    What changed since the merge stays with the kept guest: newer values, and the stays made since, which are
    returned. Merges into one guest are undone newest first. Raises `NotFound`, `Refused`.
    """
    with unit_of_work():
        merge = _find(merge_id)
        if merge.undone_at is not None:
            return Undone(merge.kept_id, merge.gone_id)
        here = _stays([merge.kept_id], hold=True)
        kept, gone, _ = _hold(merge.kept_id, merge.gone_id)
        if kept.merged_into is not None or _newer(merge):
            raise Refused("Another merge came after this one: undo the newer one first.")
        record = merge.record or {}
        now = _facts(kept)
        _write(kept, rule.undone(record["before"], record["merged"], now))
        kept.sources = _sources_before(kept, record, now)
        if kept.contact_changed_at == _moment(record["changed_at"][1]):
            kept.contact_changed_at = _moment(record["changed_at"][0])
        gone.merged_into = None
        db.session.flush()
        guest_keys.take(merge.kept_id, _read(record["added"]))
        guest_keys.give(merge.gone_id, _read(record["keys"]))
        own, theirs = set(map(UUID, record["own_stays"])), set(map(UUID, record["stays"]))
        _move_stays([stay for stay in here if stay in theirs], merge.gone_id)
        merge.undone_at, merge.undone_by = datetime.now(UTC), audit.actor().name[:200]
        audit.record("guest.unmerged", "guest", kept.id, {"guest": (str(kept.id), str(gone.id))})
        return Undone(kept.id, gone.id, [stay for stay in here if stay not in own | theirs])


def of(guest_id: UUID) -> Sequence[GuestMerge]:
    """The merges into this guest that stand, newest first."""
    query = select(GuestMerge).where(
        GuestMerge.organization_id == tenancy.required(),
        GuestMerge.kept_id == guest_id,
        GuestMerge.undone_at.is_(None),
    )
    return db.session.scalars(query.order_by(GuestMerge.id.desc())).all()


def _check(kept: Guest, gone: Guest) -> None:
    if kept.id == gone.id:
        raise Refused("This is one guest already.")
    if kept.merged_into is not None or gone.merged_into is not None:
        raise Refused("One of them was merged with another guest meanwhile: please look again.")


def _find(merge_id: UUID) -> GuestMerge:
    merge: GuestMerge | None = db.session.scalar(
        select(GuestMerge)
        .where(GuestMerge.organization_id == tenancy.required(), GuestMerge.id == merge_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if merge is None:
        raise NotFound(f"merge {merge_id}")
    return merge


def _last(kept_id: UUID, gone_id: UUID) -> GuestMerge | None:
    return next((merge for merge in of(kept_id) if merge.gone_id == gone_id), None)


def _newer(merge: GuestMerge) -> bool:
    return any(other.id > merge.id for other in of(merge.kept_id))


def _hold(kept_id: UUID, gone_id: UUID) -> tuple[Guest, Guest, dict[UUID, set[guest_keys.Key]]]:
    """Both guests and what they are known by, held until the transaction ends."""
    expected = guest_keys.of([kept_id, gone_id])
    locks.hold(locks.Kind.GUEST, (key.hex() for found in expected.values() for kind, key in found if kind != "name"))
    query = select(Guest).where(Guest.organization_id == tenancy.required(), Guest.id.in_([kept_id, gone_id]))
    held = {
        guest.id: guest
        for guest in db.session.scalars(
            query.order_by(Guest.id).with_for_update().execution_options(populate_existing=True)
        )
    }
    if missing := {kept_id, gone_id} - held.keys():
        raise NotFound(f"guest {min(missing)}")
    keys = guest_keys.of([kept_id, gone_id])
    if keys != expected:
        raise Refused("A booking of one of them came in this very moment: please look again.")
    return held[kept_id], held[gone_id], keys


def _stays(guest_ids: Collection[UUID], *, hold: bool = False) -> list[UUID]:
    query = select(Reservation.id).where(
        Reservation.organization_id == tenancy.required(), Reservation.guest_id.in_(guest_ids)
    )
    if hold:
        query = query.with_for_update(key_share=True)
    return list(db.session.scalars(query.order_by(Reservation.id)))


def _move_stays(reservation_ids: Collection[UUID], guest_id: UUID) -> None:
    if reservation_ids:
        db.session.execute(
            update(Reservation)
            .where(Reservation.organization_id == tenancy.required(), Reservation.id.in_(reservation_ids))
            .values(guest_id=guest_id)
            .execution_options(synchronize_session="fetch")
        )


def _facts(guest: Guest) -> dict[str, str | None]:
    contact = guest.contact or {}
    found = {**{name: getattr(guest, name) for name in _COLUMNS}, **{name: contact.get(name) for name in _CONTACT}}
    return {name: value or None for name, value in found.items()}


def _write(guest: Guest, facts: Mapping[str, str | None]) -> None:
    for name in _COLUMNS:
        if getattr(guest, name) != facts.get(name):
            setattr(guest, name, facts.get(name))
    contact = {**(guest.contact or {}), **{name: facts.get(name) for name in _CONTACT}}
    if contact != (guest.contact or {}):
        guest.contact = contact


def _rows(kept: Guest, gone: Guest, chosen: Mapping[str, Side] | None) -> list[Row]:
    newest = _newest(kept, gone)
    newer = newest is not None and kept.contact_changed_at != newest
    return rule.compare(_facts(kept), _facts(gone), gone_is_newer=newer, chosen=chosen)


def _sources(kept: Guest, gone: Guest, rows: Sequence[Row]) -> dict[str, Any]:
    """Where each value of the merged guest comes from."""
    taken = {row.field for row in rows if row.wins is Side.GONE}
    theirs = {field: source for field, source in (gone.sources or {}).items() if field in taken}
    return {field: source for field, source in (kept.sources or {}).items() if field not in taken} | theirs


def _sources_before(kept: Guest, record: Mapping[str, Any], now: Mapping[str, str | None]) -> dict[str, Any]:
    """Where the values come from once the merge is undone: what changed since keeps its newer source."""
    changed = {field for field in rule.FIELDS if now.get(field) != record["merged"].get(field)}
    before = {field: source for field, source in record["sources"].items() if field not in changed}
    return before | {field: source for field, source in (kept.sources or {}).items() if field in changed}


def _newest(kept: Guest, gone: Guest) -> datetime | None:
    return max((at for at in (kept.contact_changed_at, gone.contact_changed_at) if at), default=None)


def _written(keys: Collection[guest_keys.Key]) -> list[list[str]]:
    return sorted([kind, key.hex()] for kind, key in keys)


def _read(keys: Collection[Sequence[str]]) -> set[guest_keys.Key]:
    return {(kind, bytes.fromhex(key)) for kind, key in keys}


def _moment(said: str | datetime | None) -> datetime | None:
    return datetime.fromisoformat(said) if isinstance(said, str) else said


def kept_by(merge_id: UUID) -> UUID:
    """The id of the guest that goes on. Raises `NotFound`."""
    query = select(GuestMerge.kept_id).where(
        GuestMerge.organization_id == tenancy.required(), GuestMerge.id == merge_id
    )
    kept_id: UUID | None = db.session.scalar(query)
    if kept_id is None:
        raise NotFound(f"merge {merge_id}")
    return kept_id
