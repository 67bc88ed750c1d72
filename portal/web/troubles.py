"""Every trouble in three parts: what happened, what the OTAs sell meanwhile, the next click.

Facts come from `Incident.facts` and hold ids, dates and provider words, never a guest's data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask import Flask, current_app, url_for
from flask_babel import gettext, ngettext

from portal.domain.problems import Trouble
from portal.models import Conflict, ConflictType, Incident
from portal.services import login_standing
from portal.web import words
from portal.web.filters import nights
from portal.web.vocabulary import CONFLICTS, MERGE_REASONS, PROVIDERS

Facts = Mapping[str, Any]
Names = Mapping[str, str]
_HEALS = "heals_itself"
_YOU = "needs_you"
_OTA = "needs_ota"


@dataclass(frozen=True)
class Told:
    """A trouble in words. `level` is a kind of the macro `state.state`; no `next_url`: nothing to click."""

    level: str
    happened: str
    meanwhile: str
    next_label: str = ""
    next_url: str = ""


def incident(row: Incident, *, provider: str = "channex", names: Names | None = None) -> Told:
    """`names` turns ids of room types and rate plans into names; `provider` is the connection's."""
    facts = row.facts or {}
    tell = _TOLD.get(row.message, _unknown)
    return tell(row.property_id, facts, words.say(PROVIDERS, provider), names or {})


def conflict(row: Conflict) -> Told:
    """An open conflict; the next click is its reservation."""
    url = link("reservations.show", row.property_id, reservation_id=row.reservation_id) if row.reservation_id else ""
    label = gettext("Open the reservation")
    if row.type == ConflictType.OVERBOOKING:
        meanwhile = gettext("These nights are closed for sale. The guest holds a confirmation and will come.")
        return Told(_YOU, words.say(CONFLICTS, row.type), meanwhile, label, url)
    if row.type == ConflictType.UNMAPPED:
        meanwhile = gettext("One room of every type is held back for these nights, so that nothing is sold twice.")
        return Told(_YOU, words.say(CONFLICTS, row.type), meanwhile, label, url)
    reason = words.say(MERGE_REASONS, row.reason)
    happened = gettext("%(what)s (%(reason)s)", what=words.say(CONFLICTS, row.type), reason=reason)
    return Told(_YOU, happened, gettext("Ours stays, and the channel keeps theirs, until you decide."), label, url)


def install(app: Flask) -> None:
    app.jinja_env.globals.update(trouble=incident, conflict_trouble=conflict, page_of=link,
                                 creates_products=login_standing.creates)  # fmt: skip


def link(endpoint: str, property_id: UUID, **values: Any) -> str:
    """The address of a page of the property; nothing when this installation has no such page."""
    if endpoint not in current_app.view_functions:
        return ""
    return url_for(endpoint, property_id=property_id, **values)


def _credential_refused(at: UUID, facts: Facts, provider: str, names: Names) -> Told:
    return Told(
        _YOU,
        gettext("%(provider)s no longer accepts our credentials, so nothing is sent or read.", provider=provider),
        gettext("The OTAs sell what they were last sent. What you change is kept and goes out afterwards."),
        gettext("Open the connection"),
        link("connections.index", at),
    )


def _property_gone(at: UUID, facts: Facts, provider: str, names: Names) -> Told:
    return Told(
        _YOU,
        gettext("%(provider)s no longer knows this property.", provider=provider),
        gettext("Whether the OTAs still sell it is unknown. Look at the channel manager itself."),
        gettext("Open the connection"),
        link("connections.index", at),
    )


def _cells_refused(at: UUID, facts: Facts, provider: str, names: Names) -> Told:
    count = int(facts.get("nights") or 0)
    said = ngettext(
        "%(provider)s refused %(num)d night of %(name)s (%(span)s): %(reason)s",
        "%(provider)s refused %(num)d nights of %(name)s (%(span)s): %(reason)s",
        count,
        provider=provider,
        name=names.get(str(facts.get("subject_id")), gettext("a room type or rate plan")),
        span=_span(facts),
        reason=words.reason(str(facts.get("reason") or "")),
    )
    kind, subject, night = facts.get("kind"), facts.get("subject_id"), facts.get("first")
    trace = link("rates.trace", at, kind=kind, subject=subject, night=night) if subject and night else ""
    return Told(
        _YOU,
        said,
        gettext("The OTAs still sell these nights at the last values that were accepted."),
        gettext("See the night"),
        trace or link("rates.index", at),
    )


def _call_refused(at: UUID, facts: Facts, provider: str, names: Names) -> Told:
    return Told(
        _YOU,
        gettext("%(provider)s refused what we sent: %(reason)s", provider=provider, reason=_reason(facts)),
        gettext("The OTAs sell what they were last sent."),
        gettext("Open the history"),
        link("history.index", at),
    )


def _provider_away(at: UUID, facts: Facts, provider: str, names: Names) -> Told:
    return Told(
        _HEALS,
        gettext("%(provider)s does not answer: %(reason)s. We keep trying.", provider=provider, reason=_reason(facts)),
        gettext("The OTAs sell what they were last sent. Bookings wait at the channel manager and are not lost."),
        gettext("Open the history"),
        link("history.index", at),
    )


def _answer_unclear(at: UUID, facts: Facts, provider: str, names: Names) -> Told:
    return Told(
        _YOU,
        gettext("%(provider)s answered something we do not understand: %(reason)s", provider=provider,
                reason=_reason(facts)),
        gettext("Whether the OTAs got the last change is unknown. It is sent again."),
        gettext("Open the history"),
        link("history.index", at),
    )  # fmt: skip


def _no_room_free(at: UUID, facts: Facts, provider: str, names: Names) -> Told:
    return Told(
        _YOU,
        gettext("Booking %(code)s for %(span)s was sold, but no room of its type is free.",
                code=facts.get("code", ""), span=_span(facts)),
        gettext("These nights are closed for sale. The guest holds a confirmation and will come."),
        gettext("Open the reservation"),
        _reservation(at, facts),
    )  # fmt: skip


def _product_unmapped(at: UUID, facts: Facts, provider: str, names: Names) -> Told:
    return Told(
        _YOU,
        gettext("Booking %(code)s for %(span)s was sold as a product nobody has mapped to a room type.",
                code=facts.get("code", ""), span=_span(facts)),
        gettext("One room of every type is held back for these nights, so that nothing is sold twice."),
        gettext("Open the reservation"),
        _reservation(at, facts),
    )  # fmt: skip


def _message_unreadable(at: UUID, facts: Facts, provider: str, names: Names) -> Told:
    return Told(
        _YOU,
        gettext("A message about a booking could not be understood: %(reason)s", reason=_reason(facts)),
        gettext("It is kept, and changed nothing here. A room may be sold that we do not know of."),
        gettext("Open the deliveries"),
        link("webhook_events.index", at),
    )


def _message_poison(at: UUID, facts: Facts, provider: str, names: Names) -> Told:
    return Told(
        _YOU,
        gettext("A message about a booking could not be applied, and was set aside: %(reason)s", reason=_reason(facts)),
        gettext("It is kept, and changed nothing here. Other bookings are not held up."),
        gettext("Open the deliveries"),
        link("webhook_events.index", at),
    )


def _product_gone(property_id: UUID, facts: Facts, provider: str, names: Names) -> Told:
    count = int(facts.get("products") or 1)
    happened = ngettext(
        "A room type or rate plan we send to was deleted at %(provider)s.",
        "%(num)d room types or rate plans we send to were deleted at %(provider)s.",
        count,
        provider=provider,
    )
    meanwhile = gettext("Nothing reaches the channels for it, and they no longer sell it through %(provider)s.",
                        provider=provider)  # fmt: skip
    url = link("connections.index", property_id)
    return Told(_YOU, happened, meanwhile, gettext("Create it again"), url)


def _calendar_drift(at: UUID, facts: Facts, provider: str, names: Names) -> Told:
    count = int(facts.get("nights") or 0)
    return Told(
        _HEALS,
        ngettext("%(provider)s held another value than ours for %(num)d night.",
                 "%(provider)s held other values than ours for %(num)d nights.", count, provider=provider),
        gettext("The OTAs may have sold at those values. Ours are being sent again."),
        gettext("See the nights"),
        link("rates.index", at),
    )  # fmt: skip


def _ota_sync_error(at: UUID, facts: Facts, provider: str, names: Names) -> Told:
    ota = str(facts.get("channel_name") or facts.get("channel") or gettext("An OTA"))
    why = str(facts.get("error_type") or facts.get("event") or "").replace("_", " ")
    return Told(
        _OTA,
        gettext("%(ota)s did not take what %(provider)s passed on: %(reason)s", ota=ota, provider=provider, reason=why),
        gettext("%(ota)s sells what it was last given.", ota=ota),
        gettext("Open the connection"),
        link("connections.index", at),
    )


def _unacknowledged(at: UUID, facts: Facts, provider: str, names: Names) -> Told:
    return Told(
        _HEALS,
        ngettext("%(provider)s has not been told for %(minutes)s minutes that %(num)d booking message arrived.",
                 "%(provider)s has not been told for %(minutes)s minutes that %(num)d booking messages arrived.",
                 int(facts.get("messages") or 0), provider=provider, minutes=facts.get("minutes", "?")),
        gettext("The bookings are safe here. After about half an hour the OTA may mail them to you as well."),
        gettext("Open the history"),
        link("history.index", at),
    )  # fmt: skip


def _channel_removal(at: UUID, facts: Facts, provider: str, names: Names) -> Told:
    days = str(facts.get("days_left") or "?")
    return Told(
        _YOU,
        gettext("%(provider)s will remove a channel that is switched off, in %(days)s days.", provider=provider,
                days=days),
        gettext("Nothing is sold through it now. Once removed, it has to be set up from the start."),
        gettext("Open the connection"),
        link("connections.index", at),
    )  # fmt: skip


def _webhook_unreadable(at: UUID, facts: Facts, provider: str, names: Names) -> Told:
    return Told(
        _HEALS,
        gettext("%(provider)s sent a notice that could not be understood: %(reason)s", provider=provider,
                reason=_reason(facts)),
        gettext("Nothing is lost: bookings are also read on schedule."),
        gettext("Open the deliveries"),
        link("webhook_events.index", at),
    )  # fmt: skip


def _booking_gone(at: UUID, facts: Facts, provider: str, names: Names) -> Told:
    return Told(
        _YOU,
        gettext("Booking %(code)s is no longer at %(provider)s, and nothing said that it was cancelled.",
                code=facts.get("code", ""), provider=provider),
        gettext("Its room stays taken here. Ask the guest or the OTA, then cancel it here if it is over."),
        gettext("Open the reservation"),
        _reservation(at, facts),
    )  # fmt: skip


def _reservation_refused(at: UUID, facts: Facts, provider: str, names: Names) -> Told:
    return Told(
        _YOU,
        gettext("%(provider)s did not take reservation %(code)s: %(reason)s", provider=provider,
                code=facts.get("code", ""), reason=_reason(facts)),
        gettext("It stands here, and its nights are off sale everywhere. Only the entry at %(provider)s is missing.",
                provider=provider),
        gettext("Open the reservation"),
        _reservation(at, facts),
    )  # fmt: skip


def _login_unused(at: UUID, facts: Facts, provider: str, names: Names) -> Told:
    return Told(
        _YOU,
        gettext("Our credentials at %(provider)s have not been used since %(day)s. Unused for 30 days, they end.",
                provider=provider, day=facts.get("used") or "?"),
        gettext("The OTAs sell what they were last sent. Once the credentials have ended, a new code is needed."),
        gettext("Open the connection"),
        link("connections.index", at),
    )  # fmt: skip


def _unknown(at: UUID, facts: Facts, provider: str, names: Names) -> Told:
    return Told(
        _YOU,
        gettext("Something went wrong with %(provider)s that we have no words for yet.", provider=provider),
        gettext("The OTAs sell what they were last sent."),
        gettext("Open the history"),
        link("history.index", at),
    )


_TOLD: dict[str, Callable[[UUID, Facts, str, Names], Told]] = {
    Trouble.CREDENTIAL_REFUSED: _credential_refused,
    Trouble.PROPERTY_GONE: _property_gone,
    Trouble.CELLS_REFUSED: _cells_refused,
    Trouble.CALL_REFUSED: _call_refused,
    Trouble.PROVIDER_AWAY: _provider_away,
    Trouble.ANSWER_UNCLEAR: _answer_unclear,
    Trouble.NO_ROOM_FREE: _no_room_free,
    Trouble.PRODUCT_UNMAPPED: _product_unmapped,
    Trouble.MESSAGE_UNREADABLE: _message_unreadable,
    Trouble.MESSAGE_POISON: _message_poison,
    Trouble.PRODUCT_GONE: _product_gone,
    Trouble.CALENDAR_DRIFT: _calendar_drift,
    Trouble.OTA_SYNC_ERROR: _ota_sync_error,
    Trouble.UNACKNOWLEDGED: _unacknowledged,
    Trouble.CHANNEL_REMOVAL: _channel_removal,
    Trouble.WEBHOOK_UNREADABLE: _webhook_unreadable,
    Trouble.BOOKING_GONE: _booking_gone,
    Trouble.LOGIN_UNUSED: _login_unused,
    Trouble.RESERVATION_REFUSED: _reservation_refused,
}


def _reason(facts: Facts) -> str:
    return words.reason(str(facts.get("reason") or gettext("no reason given")))


def _reservation(at: UUID, facts: Facts) -> str:
    found = facts.get("reservation_id")
    return link("reservations.show", at, reservation_id=UUID(str(found))) if found else ""


def _span(facts: Facts) -> str:
    try:
        return nights(date.fromisoformat(str(facts["first"])), date.fromisoformat(str(facts["until"])))
    except (KeyError, ValueError):
        return str(gettext("some nights"))
