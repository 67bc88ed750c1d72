"""Is this stay here already? A booking that comes late is entered by hand as well, and then sold twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from rapidfuzz import fuzz, utils

from portal.domain.reservations import OCCUPYING
from portal.services import guests
from portal.services.reservation_views import Filters, Line, list_page
from providers.types import Person

ALIKE = 85  # of 100: "Ana Silva" and "SILVA ANA M." are, "Ana Silva" and "Ana Costa" are not
_LOOKED_AT = 200  # stays that touch the nights; more than that is a hotel too large to guess in


def looks_like(property_id: UUID, check_in: date, check_out: date, who: Person) -> list[Line]:
    """The stays of these nights whose guest has a similar name, the same e-mail or the same phone number."""
    nights = Filters(first=check_in, last=check_out - timedelta(days=1))
    lines = [line for line in list_page(property_id, nights, size=_LOOKED_AT).lines
             if line.reservation.status in OCCUPYING]  # fmt: skip
    known = _known(who) if lines else set()
    return [line for line in lines if _alike(line, who, known)]


def _known(who: Person) -> set[UUID]:
    said: Sequence[str] = [text for text in (who.email, who.phone) if text]
    return {guest.id for text in said for guest in guests.search(text)}


def _alike(line: Line, who: Person, known: set[UUID]) -> bool:
    if line.guest is not None and line.guest.id in known:
        return True
    names = [line.guest.name if line.guest else None, *(room.row.guest_name for room in line.rooms)]
    return any(
        fuzz.token_set_ratio(who.full_name, name, processor=utils.default_process) >= ALIKE for name in names if name
    )
