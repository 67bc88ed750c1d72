"""A guest's name and contact, written by hand at the desk; what the guest is found by follows.

A booking that says something newer still wins later, as it does over every value (`guests.refresh`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from uuid import UUID

import orjson
from sqlalchemy import select

from portal import tenancy
from portal.db import unit_of_work
from portal.domain import guests as rule
from portal.extensions import db
from portal.models import Guest
from portal.services import audit, guest_keys, guest_views, guests, locks, properties
from portal.services.errors import NotFound, Refused, StaleEdit
from providers.types import Person

FIELDS = ("name", *guests.CONTACT)
_BY = "staff"


def held(guest: Guest) -> dict[str, str]:
    """What we know, by field; nothing is an empty text."""
    known = {"name": guest.name, **(guest.contact or {})}
    return {field: known.get(field) or "" for field in FIELDS}


def stamp(guest: Guest) -> str:
    """What a form sends back, so that nobody overwrites what they have not seen."""
    return hashlib.sha256(orjson.dumps(held(guest), option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def write(guest_id: UUID, wanted: Mapping[str, str], shown: str, property_id: UUID, at: UUID | None = None) -> None:
    """Make the contact what was `wanted`; an empty text takes a value away. The same again changes nothing.

    `shown`: the stamp of what the person saw; `at` as in `guest_views.find`. Raises `StaleEdit` when somebody, or a
    booking, changed it meanwhile, `Refused` for an address or a number that is none, `NotFound`.
    """
    with unit_of_work():
        guest_views.find(guest_id, at)
        countries = {properties.find(property_id).country}
        new = _keys(wanted, countries)
        locks.hold(locks.Kind.GUEST, (key.hex() for kind, key in {*new, *_known_by(guest_id)} if kind != "name"))
        guest = _locked(guest_id)
        before = held(guest)
        changes = {field: (before[field], wanted[field]) for field in FIELDS if before[field] != wanted[field]}
        if not changes:
            return
        if stamp(guest) != shown:
            raise StaleEdit("These details were changed meanwhile. What stands now is shown at each field.")
        _check(changes, guest.country, *countries)
        old = _keys(before, {*countries, guest.country})
        new |= _keys(wanted, {guest.country})
        _take_over(guest, wanted, changes)
        db.session.flush()
        guest_keys.take(guest_id, old - new)
        guest_keys.give(guest_id, new - old)
        audit.record("guest.contact", "guest", guest_id, changes, property_id=property_id)


def _locked(guest_id: UUID) -> Guest:
    """The guest, held until the transaction ends."""
    guest: Guest | None = db.session.scalar(
        select(Guest)
        .where(Guest.organization_id == tenancy.required(), Guest.id == guest_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if guest is None:
        raise NotFound(f"guest {guest_id}")
    if guest.merged_into is not None:
        raise Refused("This guest was made one with another guest meanwhile: please look again.")
    return guest


def _check(changes: Mapping[str, tuple[str, str]], *countries: str | None) -> None:
    """What is written by hand has to lead to the guest again; what an OTA sent may stay as it is."""
    email, phone = (changes.get(field, ("", ""))[1] for field in ("email", "phone"))
    if email and not (rule.email_identity(email) or rule.is_alias(email)):
        raise Refused("This is not an e-mail address.", field="email")
    if phone and not any(rule.phone_identity(phone, country) for country in countries):
        raise Refused("This is not a telephone number. Write it with its country code, like +351 912 345 678.",
                      field="phone")  # fmt: skip


def _take_over(guest: Guest, wanted: Mapping[str, str], changes: Collection[str]) -> None:
    now = datetime.now(UTC)
    guest.name = wanted["name"] or None
    guest.contact = {field: wanted[field] for field in guests.CONTACT if wanted[field]}
    source = {"by": _BY, "at": now.isoformat()}
    kept = {field: each for field, each in (guest.sources or {}).items() if field not in changes}
    guest.sources = {**kept, **{field: source for field in sorted(changes) if wanted[field]}}
    guest.contact_changed_at = now


def _known_by(guest_id: UUID) -> set[guest_keys.Key]:
    return guest_keys.of([guest_id])[guest_id]


def _keys(values: Mapping[str, str], countries: Collection[str | None]) -> set[guest_keys.Key]:
    """What somebody with these values is found by, the number read as in each of the countries."""
    person = Person(name=values["name"], email=values["email"], phone=values["phone"])
    return {key for country in countries for key in guests.keys(person, _BY, country)}
