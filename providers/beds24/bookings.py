"""Reading bookings: what changed, what touches a period, what some are now.

There is no feed and nothing to acknowledge. Every read names all six statuses, because Beds24 hides
cancelled bookings otherwise, and bounds the departure, because it shows only coming stays otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from providers.beds24.api import Beds24Api
from providers.beds24.revision import STATUSES, envelope, event_key, group_id, parse
from providers.beds24.words import known_id, stamp
from providers.cards import strip_cards
from providers.errors import NotFound
from providers.types import Message, Page, Revision

PATH = "/bookings"
OVERLAP = timedelta(minutes=15)  # stamps are whole seconds of another clock; what is read twice is recognised
OLDEST = timedelta(days=400)  # departures before this are history
MOST_IDS = 100  # one page of answers
ONE_NIGHT = timedelta(days=1)
EVERYTHING: Mapping[str, Any] = {
    "status": list(STATUSES),
    "includeInvoiceItems": "true",
    "includeInfoItems": "true",
    "includeGuests": "true",
    "includeBookingGroup": "true",
}
Group = list[dict[str, Any]]


class Bookings(Beds24Api):
    """A message is one reservation as one read showed it: all rooms of a group together."""

    def recover_messages(self, property_id: str, since: datetime) -> Page:
        """Return every booking made or changed since a time (aware), and a little before it, oldest change first.

        Keep the time a walk began as the next `since`. Raises `Rejected` with code `too_many` above 20,000.
        """
        params = {"modifiedFrom": stamp(since - OVERLAP), "departureFrom": str((since - OLDEST).date())}
        return self._read(property_id, [params])

    def fetch_stays(self, property_id: str, first: date, last: date) -> Page:
        """Return at least the bookings that touch the nights `first` to `last`, cancelled ones too.

        Whether Beds24 counts the bounds in is not documented; a day more is asked for.
        """
        return self._read(property_id, [{"arrivalTo": str(last + ONE_NIGHT), "departureFrom": str(first)}])

    def fetch_bookings(self, property_id: str, external_booking_ids: Sequence[str]) -> Page:
        """Return these bookings as they are now, with the rooms of their groups. One that is gone does not come."""
        ids = [known for one in external_booking_ids if (known := known_id(_base(one)))]
        return self._read(property_id, [{"id": chunk} for chunk in _chunks(ids)])

    def fetch_message(self, external_revision_id: str) -> Message:
        """Return the booking of a revision as it is now: Beds24 keeps no older states."""
        identity = known_id(external_revision_id.partition(":")[0])
        page = self._read(None, [{"id": [identity]}]) if identity else Page((), 0)
        for message in page.messages:
            return message
        raise NotFound(f"Beds24 has no booking {external_revision_id[:40]}", code="no_booking")

    @classmethod
    def parse(cls, raw: bytes) -> Revision:
        return parse(raw)

    def _read(self, property_id: str | None, queries: Sequence[Mapping[str, Any]]) -> Page:
        read_at = self._clock()
        mine = {"propertyId": [property_id]} if property_id else {}
        found: dict[str, dict[str, Any]] = {}
        poisoned: Group = []
        for query in queries:
            for booking in self._pages(PATH, {**mine, **query, **EVERYTHING}):
                _keep(found, poisoned, booking)
        for query in _missing(found):
            for booking in self._pages(PATH, {**mine, **query, **EVERYTHING}):
                _keep(found, poisoned, booking)
        groups = [*_groups(found.values()), *([one] for one in poisoned)]
        messages = tuple(self._message(group, read_at) for group in sorted(groups, key=_latest))
        return Page(messages, len(messages))

    def _message(self, group: Group, read_at: datetime) -> Message:
        """Return the message to store. Nothing in a booking is a reason to lose it."""
        content = strip_cards(group)
        return Message(
            event_key=event_key(content),
            external_property_id=known_id(group[0].get("propertyId")),
            external_booking_id=group_id(group[0]),
            raw=envelope(content, read_at, self.currency),
        )


def _keep(found: dict[str, dict[str, Any]], poisoned: Group, booking: dict[str, Any]) -> None:
    """Bookings move between pages while we walk: of one seen twice the later state counts."""
    identity = known_id(booking.get("id"))
    if identity is None:
        poisoned.append(booking)
    elif identity not in found or _modified(found[identity]) <= _modified(booking):
        found[identity] = booking


def _missing(found: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the queries for the rooms that share a reservation with one we read, and did not change themselves."""
    wanted: set[str] = set()
    masters: set[str] = set()
    for booking in found.values():
        group = booking.get("bookingGroup")
        if isinstance(group, dict) and isinstance(group.get("ids"), list):
            wanted.update(known for one in group["ids"] if (known := known_id(one)))
        elif master := known_id(booking.get("masterId")):
            masters.add(master)
        if master := group_id(booking):
            wanted.add(master)
    absent = _chunks(sorted(wanted - set(found)))
    return [{"id": chunk} for chunk in absent] + [{"masterId": chunk} for chunk in _chunks(sorted(masters))]


def _groups(bookings: Iterable[dict[str, Any]]) -> list[Group]:
    """Return the bookings of each reservation, the leading one first. A group does not reach over properties."""
    groups: dict[tuple[str | None, str | None], Group] = {}
    for booking in bookings:
        groups.setdefault((known_id(booking.get("propertyId")), group_id(booking)), []).append(booking)
    return [sorted(group, key=_place) for group in groups.values()]


def _place(booking: Mapping[str, Any]) -> tuple[bool, int]:
    identity = known_id(booking.get("id")) or "0"
    return identity != group_id(booking), int(identity)


def _latest(group: Group) -> str:
    return max(_modified(booking) for booking in group)


def _modified(booking: Mapping[str, Any]) -> str:
    value = booking.get("modifiedTime")
    return value if isinstance(value, str) else ""


def _chunks(ids: Sequence[str]) -> list[list[str]]:
    return [list(ids[start : start + MOST_IDS]) for start in range(0, len(ids), MOST_IDS)]


def _base(external_id: str) -> str:
    """Return the booking's own number: further rooms of one booking are numbered after a dot."""
    return external_id.partition(".")[0]
