"""Booking messages: the feed, single revisions, acknowledgement, recovery."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from providers.cards import strip_cards
from providers.channex.api import ChannexApi, at, listed, related_id, total
from providers.channex.revision import parse
from providers.errors import Malformed, NotFound
from providers.strict import dumps
from providers.types import Message, Page, Revision

FEED = "/booking_revisions/feed"


class Bookings(ChannexApi):
    def fetch_messages(self, property_id: str | None = None) -> Page:
        """Return the first page of revisions nobody acknowledged, oldest first; of all properties when none is named.

        Acknowledging takes a revision out of the list, so the next page is always page one again.
        """
        params: dict[str, Any] = {
            "pagination[page]": 1,
            "pagination[limit]": self.page_size,
            "order[inserted_at]": "asc",
        }
        if property_id:
            params["filter[property_id]"] = property_id
        body = self._call("GET", FEED, params=params)
        messages = tuple(message(item) for item in listed(body))
        return Page(messages, max(total(body, default=0), len(messages)))

    def fetch_message(self, external_revision_id: str) -> Message:
        """Return one revision by its id, acknowledged or not."""
        body = self._call("GET", at("/booking_revisions/{}", external_revision_id))
        data = body.get("data")
        if not isinstance(data, dict):
            raise Malformed("Channex answered without a revision", field="data")
        return message(data)

    def acknowledge(self, external_revision_id: str) -> None:
        """Take a revision out of the feed for good: only once it is safely stored here."""
        self._call("POST", at("/booking_revisions/{}/ack", external_revision_id))

    def recover_messages(self, property_id: str, since: datetime) -> Page:
        """Return the latest revision of every booking made since a time (aware), acknowledged or not.

        Channex lists bookings by the time they were made. For a booking changed since, the revision
        itself is fetched, because only that carries the time that orders it. Raises `Rejected` with
        code `too_many` above 20,000 bookings.
        """
        moment = since.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
        params = {
            "filter[property_id]": property_id,
            "filter[inserted_at][gte]": moment,
            "order[inserted_at]": "asc",
        }
        messages = tuple(self._latest(item) for item in self._pages("/bookings", params))
        return Page(messages, len(messages))

    @classmethod
    def parse(cls, raw: bytes) -> Revision:
        return parse(raw)

    def _latest(self, item: dict[str, Any]) -> Message:
        found = _inner(item)
        revision_id = found.get("revision_id")
        if found.get("status") == "new" or not isinstance(revision_id, str) or not revision_id:
            return message(item)
        try:
            return self.fetch_message(revision_id)
        except NotFound:
            return message(item)  # past Channex's retention: the booking is all there is


def message(item: Mapping[str, Any]) -> Message:
    """Return an item of a list as the message to store. Nothing in it is a reason to lose it."""
    raw = dumps(strip_cards(item))
    found = _inner(item)
    is_booking = item.get("type") == "booking"
    own = _text(found.get("id")) or _text(item.get("id"))
    booking = _text(found.get("booking_id")) or (own if is_booking else related_id(item, "booking"))
    key = _text(found.get("revision_id")) if is_booking else own
    return Message(
        event_key=key or f"sha256:{hashlib.sha256(raw).hexdigest()}",
        external_property_id=_text(found.get("property_id")) or related_id(item, "property"),
        external_booking_id=booking,
        raw=raw,
    )


def _inner(item: Mapping[str, Any]) -> Mapping[str, Any]:
    found = item.get("attributes")
    return found if isinstance(found, dict) else item


def _text(value: Any) -> str | None:
    """Return an id that a column can hold; a worse one is left for `parse` to name."""
    return value if isinstance(value, str) and value.isprintable() and 0 < len(value) <= 200 else None
