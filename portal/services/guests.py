"""Guests: the same person found again, whatever channel they come by; their data readable to nobody else.

A guest is known by a provider's guest id, an e-mail address or a phone number, in this order. The
addresses that OTAs make up for one booking are kept to write to, and identify nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select

from portal import tenancy
from portal.domain import guests as rule
from portal.extensions import db
from portal.models import Guest, GuestKey, Reservation
from portal.models.sealed import lookup_hash
from portal.services import guest_keys, locks
from portal.services.errors import NotFound
from providers.types import Person

CONTACT = ("email", "phone", "address", "city", "postal_code", "state", "company")
_IDENTITIES = ("provider", "email", "phone")
_NAME = "name"

Keys = list[guest_keys.Key]
"""The kinds that identify come first."""


def find_or_create(person: Person, *, provider: str, country: str | None = None, now: datetime | None = None) -> Guest:
    """The guest this person is, with the contact updated; a new one when nobody knows them. A helper.

    `country` (ISO 3166-1 alpha-2) reads phone numbers written without a country code; `now` is when
    the person said it (aware), the present when left out: what was said last wins.
    """
    known_by = keys(person, provider, country)
    identities = [key for key in known_by if key[0] in _IDENTITIES]
    # Two bookings of one new guest at the same moment: the second waits, and finds the first's guest.
    locks.hold(locks.Kind.GUEST, (key.hex() for _, key in identities))
    guest = _known(identities)
    if guest is None:
        guest = Guest()
        db.session.add(guest)
    _take_over(guest, person, now or datetime.now(UTC), provider)
    db.session.flush()
    guest_keys.give(guest.id, known_by)
    return guest


def refresh(
    guest: Guest, person: Person, *, provider: str, country: str | None = None, now: datetime | None = None
) -> None:
    """Update a guest we know with what a newer message says of them. A helper."""
    _take_over(guest, person, now or datetime.now(UTC), provider)
    db.session.flush()
    guest_keys.give(guest.id, keys(person, provider, country))


def find(guest_id: UUID) -> Guest:
    """The organization's own guest. Raises `NotFound`."""
    guest: Guest | None = db.session.scalar(
        select(Guest).where(Guest.organization_id == tenancy.required(), Guest.id == guest_id)
    )
    if guest is None:
        raise NotFound(f"guest {guest_id}")
    return guest


def going_on(guest_id: UUID) -> Guest:
    """The guest somebody chose, or the one they were merged into since; not merged away until the transaction ends.

    A helper. Raises `NotFound`.
    """
    guest: Guest | None = db.session.scalar(
        select(Guest)
        .where(Guest.organization_id == tenancy.required(), Guest.id == guest_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if guest is None:
        raise NotFound(f"guest {guest_id}")
    return guest if guest.merged_into is None else going_on(guest.merged_into)


def search(text: str, *, country: str | None = None, most: int = 20, at: UUID | None = None) -> Sequence[Guest]:
    """Guests by e-mail, phone, or all the words of a name as they are spelt; newest first.

    `at` leaves out who never had a stay at this property.
    """
    organization_id = tenancy.required()
    exact = [("email", rule.email_identity(text)), ("phone", rule.phone_identity(text, country))]
    found = select(GuestKey.guest_id).where(
        GuestKey.organization_id == organization_id,
        GuestKey.kind.in_(("email", "phone")),
        GuestKey.key.in_([lookup_hash(organization_id, kind, value) for kind, value in exact if value]),
    )
    matching: ColumnElement[bool] = Guest.id.in_(found)
    names = name_hashes(text)
    if names:
        matching = matching | Guest.id.in_(with_names(names))
    query = select(Guest).where(Guest.organization_id == organization_id, Guest.merged_into.is_(None), matching)
    if at is not None:
        query = query.where(seen_at(at))
    return db.session.scalars(query.order_by(Guest.id.desc()).limit(most)).all()


def seen_at(property_id: UUID) -> ColumnElement[bool]:
    """Had, has or will have a stay at the property."""
    return exists().where(
        Reservation.organization_id == Guest.organization_id,
        Reservation.guest_id == Guest.id,
        Reservation.property_id == property_id,
    )


def keys(person: Person, provider: str, country: str | None) -> Keys:
    """What the person is found by. `country` reads a number without a country code, when the person has none."""
    organization_id = tenancy.required()
    email = rule.email_identity(person.email)
    phone = rule.phone_identity(person.phone, person.country or country)
    identities: Iterable[tuple[str, str | None]] = (
        ("provider", f"{provider}|{person.provider_guest_id}" if person.provider_guest_id else None),
        ("email", email),
        ("phone", phone),
        *((_NAME, word) for word in sorted(rule.name_tokens(person.full_name))),
    )
    return [(kind, lookup_hash(organization_id, kind, value)) for kind, value in identities if value]


def name_hashes(text: str) -> list[bytes]:
    """What the words of a name are looked up by."""
    organization_id = tenancy.required()
    return [lookup_hash(organization_id, _NAME, word) for word in sorted(rule.name_tokens(text))]


def with_names(hashes: Sequence[bytes]) -> Select[UUID]:
    """The query for the ids of the guests whose name has all these words."""
    return (
        select(GuestKey.guest_id)
        .where(GuestKey.organization_id == tenancy.required(), GuestKey.kind == _NAME, GuestKey.key.in_(hashes))
        .group_by(GuestKey.guest_id)
        .having(func.count() == len(hashes))
    )


def _known(identities: Keys) -> Guest | None:
    """The guest behind the strongest of the keys; of several behind one key, the oldest."""
    if not identities:
        return None
    organization_id = tenancy.required()
    # The keys alone first: a join would be at the mercy of table statistics, and this is asked for every booking.
    rows = db.session.execute(
        select(GuestKey.kind, GuestKey.guest_id).where(
            GuestKey.organization_id == organization_id,
            GuestKey.kind.in_([kind for kind, _ in identities]),
            GuestKey.key.in_([key for _, key in identities]),
        )
    ).all()
    best = min(rows, key=lambda row: (_IDENTITIES.index(row.kind), row.guest_id), default=None)
    if best is None:
        return None
    guest: Guest | None = db.session.scalar(
        select(Guest)
        .where(Guest.organization_id == organization_id, Guest.id == best.guest_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return guest


def _take_over(guest: Guest, person: Person, now: datetime, provider: str) -> None:
    newer = guest.contact_changed_at is None or now >= guest.contact_changed_at
    said = {"name": person.full_name or None, **{field: getattr(person, field) for field in CONTACT}}
    held = {"name": guest.name, **(guest.contact or {})}
    merged = rule.merge_contact(held, said) if newer else rule.merge_contact(said, held)
    changed = {name for name, value in merged.items() if value != held.get(name)}
    if merged != held:
        guest.name = merged.pop("name", None)
        guest.contact = merged
    # What does not fit its column is no country and no language tag.
    for field, longest in (("country", 2), ("language", 16)):
        value = getattr(person, field)
        if value and len(value) <= longest and (newer or not getattr(guest, field)):
            changed |= {field} if value != getattr(guest, field) else set()
            setattr(guest, field, value)
    if changed:
        source = {"by": provider, "at": now.isoformat()}
        guest.sources = {**(guest.sources or {}), **dict.fromkeys(sorted(changed), source)}
    if newer:
        guest.contact_changed_at = now
