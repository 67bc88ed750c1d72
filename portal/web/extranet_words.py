"""The steps in each OTA's extranet, its checklist and what it answers, in a person's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext, lazy_gettext, ngettext

from portal.domain import extranet
from portal.web import words

STEPS: dict[str, Any] = {
    "bdc_id": lazy_gettext(
        "Sign in to the Booking.com extranet. The hotel ID is the number beside the hotel's name at the top "
        "of the page. Type it below."
    ),
    "bdc_provider": lazy_gettext("Open Account, then Connectivity provider."),
    "bdc_search": lazy_gettext("Search for the provider. Type the whole word: a part of it finds nothing."),
    "bdc_agree": lazy_gettext(
        "Choose it, press Next, tick the agreement and accept. It may show that it waits until the provider has "
        "confirmed."
    ),
    "exp_id": lazy_gettext(
        "Sign in to Expedia Partner Central with an account that may change settings. Type the property ID below."
    ),
    "exp_connectivity": lazy_gettext(
        "Open Rooms and Rates, then Expedia Connectivity Settings. If you do not see it, ask your Expedia market "
        "manager to connect the provider below."
    ),
    "exp_choose": lazy_gettext("Choose the connectivity provider. Type the whole word."),
    "exp_confirm": lazy_gettext(
        "Let it manage prices, availability and bookings, then confirm. Expedia may need a while: we look again "
        "by ourselves."
    ),
    "abb_open": lazy_gettext("Press “Make the Airbnb link” below and open it. Sign in as the host of the listings."),
    "abb_allow": lazy_gettext("Press Allow, so that Airbnb lets the provider manage prices and calendars."),
    "abb_listings": lazy_gettext(
        "Back here, open the channel manager's page below and match each listing with a room."
    ),
    "ago_id": lazy_gettext(
        "Sign in to Agoda YCS. The property ID stands beside the property's name at the top. Type it below."
    ),
    "ago_channel_manager": lazy_gettext(
        "Open Property, Property settings, Optional Settings and switch the channel manager mode on. For a home with "
        "one unit: Rates and availability, Connectivity settings, Channel manager."
    ),
    "ago_choose": lazy_gettext(
        "Choose the channel manager in the list and press Save. Agoda may need a while: we look again by ourselves."
    ),
}  # fmt: skip
TYPED = frozenset(("bdc_search", "exp_choose", "ago_choose"))
TICKS: dict[str, tuple[Any, Any]] = {
    "auto_replenishment": (
        lazy_gettext("Booking.com's auto-replenishment is off"),
        lazy_gettext(
            "In the extranet: Rates & Availability, Calendar, the settings symbol, Auto-replenishment, No. While it "
            "is on, Booking.com puts a cancelled room back on sale by itself, also one you have sold elsewhere or "
            "closed."
        ),
    ),
    "old_bookings": (
        lazy_gettext("Future bookings of the old channel manager are here"),
        lazy_gettext("Their rooms have to be taken here before this OTA is connected, or they are sold a second time."),
    ),
    "old_off": (
        lazy_gettext("The old channel manager no longer sends to this OTA"),
        lazy_gettext(
            "Switch this OTA off there in the same hour. While both send, nobody can say whose prices and rooms "
            "the OTA sells."
        ),
    ),
}  # fmt: skip
ERRORS: dict[str, Any] = {
    "hotel_has_not_accepted_connection": lazy_gettext(
        "The OTA does not let Channex in for this hotel yet. Do the steps below; when they are done, the OTA "
        "has to confirm."
    ),
    "invalid_credentials_structure": lazy_gettext("The OTA does not know a hotel ID of this form. Look at it again."),
    "invalid_credentials": lazy_gettext("The OTA does not know this hotel ID. Look at it again."),
    "counting": lazy_gettext(
        "Channex counts rooms by itself on changes or cancellations. Together with us it would give a "
        "cancelled room back twice. Nothing is switched on until that is off."
    ),
    "not_ready": lazy_gettext("Channex says that the channel is not complete yet."),
    "refused": lazy_gettext("The OTA refused the connection without saying why."),
    "switched_off_there": lazy_gettext(
        "It was switched off at the channel manager. The OTA goes on selling what it holds."
    ),
    "channel with the same settings already exists": lazy_gettext(
        "This hotel ID is connected at Channex already, by another channel. One hotel ID can be connected "
        "once only."
    ),
}  # fmt: skip
LACKS: dict[str, Any] = {
    "Mapping": lazy_gettext("No room of the OTA is matched with a plan of yours."),
    "Property": lazy_gettext("It belongs to no property."),
}
PROBLEMS: dict[str, Any] = {
    "undecided": lazy_gettext("Decide what this sells."),
    "unknown": lazy_gettext("That plan is no longer there."),
    "readonly": lazy_gettext("The OTA keeps this rate to itself: it cannot be sold through us."),
    "too_many_people": lazy_gettext("It is sold to more people than that room holds."),
    "nothing_sold": lazy_gettext("Choose at least one product to be sold."),
}
STATES: dict[str, Any] = {
    "waiting": lazy_gettext("Waiting for the OTA"),
    "choosing": lazy_gettext("The OTA said yes. Match its rooms"),
    "connecting": lazy_gettext("Being connected"),
    "connected": lazy_gettext("Connected"),
    "closing": lazy_gettext("Its nights are being taken off sale"),
    "paused": lazy_gettext("Paused"),
    "disconnected": lazy_gettext("Disconnected"),
    "error": lazy_gettext("In trouble"),
}
MARKS = {
    "waiting": "needs_ota", "choosing": "needs_you", "connecting": "heals_itself", "connected": "fine",
    "closing": "heals_itself", "paused": "paused", "disconnected": "paused", "error": "needs_you",
}  # fmt: skip
COUNTING: dict[str, Any] = {
    "allow_availability_autoupdate_on_modification": lazy_gettext("when a booking is changed"),
    "allow_availability_autoupdate_on_cancellation": lazy_gettext("when a booking is cancelled"),
}


@dataclass(frozen=True)
class Step:
    sentence: str
    to_type: str


def steps(code: str) -> list[Step]:
    return [Step(str(STEPS[key]), extranet.TYPE_THIS if key in TYPED else "") for key in extranet.GUIDES[code].steps]


def error(text: str) -> str:
    """What the OTA or the channel manager answered. A sentence nobody told us about is shown as it came."""
    for known, said in ERRORS.items():
        if known in text:
            return str(said)
    return words.reason(text)


def counting(found: Sequence[str]) -> str:
    """When the channel manager counts by itself."""
    return ", ".join(words.say(COUNTING, name) for name in found)


def look_sentence(checked: datetime | None, next_at: datetime | None, now: datetime) -> str:
    """“Checked 40 s ago, next check in 20 s.”"""
    if checked is None:
        return gettext("Not checked yet; a worker looks in a moment.")
    said = gettext("Checked %(ago)s ago", ago=_span((now - checked).total_seconds()))
    if next_at is None:
        return f"{said}."
    left = (next_at - now).total_seconds()
    if left <= 0:
        return gettext("%(checked)s, checking again now.", checked=said)
    return gettext("%(checked)s, next check in %(time)s.", checked=said, time=_span(left))


def _span(seconds: float) -> str:
    whole = max(0, round(seconds))
    if whole < 90:
        return ngettext("%(num)d s", "%(num)d s", whole)
    if whole < 5400:
        return ngettext("%(num)d min", "%(num)d min", round(whole / 60))
    return ngettext("%(num)d h", "%(num)d h", round(whole / 3600))
