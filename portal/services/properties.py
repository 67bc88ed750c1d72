"""Hotels: where they stand, what money they take, what day it is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from babel import Locale
from sqlalchemy import select

from portal import tenancy
from portal.db import unit_of_work
from portal.domain import money
from portal.domain.nights import Window, local_today, zone
from portal.extensions import db
from portal.models import Property
from portal.services import audit
from portal.services.errors import NotFound, Refused

# Calendars are kept this far ahead: two years, a little more than any channel takes.
HORIZON = timedelta(days=735)

_TERRITORIES = frozenset(Locale("en").territories)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a hotel. `currency` ISO 4217, `timezone` IANA, `country` ISO 3166-1 alpha-2; times are local."""

    name: str
    currency: str
    timezone: str
    country: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    city: str | None = None
    postal_code: str | None = None
    check_in_from: time = time(15)
    check_out_until: time = time(11)


def create(facts: Facts) -> Property:
    """Open a hotel. Raises `Refused` for a currency, time zone or country nobody knows."""
    with unit_of_work():
        return add(facts)


def add(facts: Facts) -> Property:
    """The same, as a helper inside a unit of work."""
    _check(facts)
    hotel = Property(**asdict(facts))
    db.session.add(hotel)
    db.session.flush()
    changes = {name: (None, value) for name, value in asdict(facts).items() if value is not None}
    audit.record("property.created", "property", hotel.id, changes, property_id=hotel.id)
    return hotel


def change(property_id: UUID, facts: Facts) -> Property:
    """Change what is known of a hotel. Its currency stays: prices were made in it."""
    with unit_of_work():
        hotel = find(property_id)
        if facts.currency != hotel.currency:
            raise Refused("The currency of a property cannot change: its prices are made in it.", field="currency")
        rewrite(hotel, facts)
    return hotel


def rewrite(hotel: Property, facts: Facts) -> None:
    """Write down what is known of a hotel now; a helper inside a unit of work, which has looked at the currency."""
    _check(facts)
    changes = {}
    for name, value in asdict(facts).items():
        before = getattr(hotel, name)
        if before != value:
            changes[name] = (before, value)
            setattr(hotel, name, value)
    if changes:
        audit.record("property.changed", "property", hotel.id, changes, property_id=hotel.id)


def find(property_id: UUID) -> Property:
    """The organization's own property; anyone else's does not exist."""
    hotel: Property | None = db.session.scalar(
        select(Property).where(Property.organization_id == tenancy.required(), Property.id == property_id)
    )
    if hotel is None:
        raise NotFound(f"property {property_id}")
    return hotel


def listed() -> Sequence[Property]:
    """All properties of the organization, by name."""
    query = select(Property).where(Property.organization_id == tenancy.required())
    return db.session.scalars(query.order_by(Property.name, Property.id)).all()


def today(hotel: Property) -> date:
    """The hotel's own today."""
    return local_today(datetime.now(UTC), hotel.timezone)


def horizon(hotel: Property) -> Window:
    """The nights ahead for which calendars are kept, tonight the first."""
    first = today(hotel)
    return Window(first, first + HORIZON)


def _check(facts: Facts) -> None:
    if not 0 < len(facts.name.strip()) <= 200:
        raise Refused("A property needs a name of at most 200 letters.", field="name")
    try:
        money.exponent(facts.currency)
    except ValueError:
        raise Refused("No currency has the code %(code)s.", code=facts.currency, field="currency") from None
    try:
        zone(facts.timezone)
    except ValueError:
        raise Refused("No time zone is called %(name)s.", name=facts.timezone, field="timezone") from None
    if facts.country is not None and not (len(facts.country) == 2 and facts.country in _TERRITORIES):
        raise Refused("No country has the code %(code)s.", code=facts.country, field="country")
