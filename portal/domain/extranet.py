"""What a person does in an OTA's extranet so that it lets the channel manager in, and how often we look. Pure.

Sources. Booking.com: docs.channex.io, *Channel mapping guides, Booking.com* (the way to the provider's search, the
whole word to type, the hotel ID at the top) and partner.booking.com, *Configuring auto-replenishment*. Agoda:
partnerhub.agoda.com, *How do I manage my channel manager connection* (both ways to the list, the property ID beside
the name). Airbnb: docs.channex.io, *Channel API examples, Airbnb* (a consent link, then each listing is mapped).
Expedia's help is not public; that its hotels choose a provider under *Expedia Connectivity Settings* is told by other
providers (support.nextpax.com), so its steps say where to ask. None of them says how long an OTA takes to confirm.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

FAST = timedelta(seconds=60)
SLOW = timedelta(minutes=15)
PATIENCE = timedelta(hours=1)  # people are at it within the hour; after that the OTA takes its days
TYPE_THIS = "Channex"


@dataclass(frozen=True)
class Guide:
    """How one OTA is connected. `way`: account (an id to test) or consent (a link to open)."""

    code: str
    way: str
    steps: tuple[str, ...]  # their words are in `web.extranet_words`
    ticks: tuple[str, ...] = ()


GUIDES = {
    guide.code: guide
    for guide in (
        Guide(
            "BDC",
            "account",
            ("bdc_id", "bdc_provider", "bdc_search", "bdc_agree"),
            ticks=("auto_replenishment",),
        ),
        Guide("EXP", "account", ("exp_id", "exp_connectivity", "exp_choose", "exp_confirm")),
        Guide("ABB", "consent", ("abb_open", "abb_allow", "abb_listings")),
        Guide("AGO", "account", ("ago_id", "ago_channel_manager", "ago_choose")),
    )
}
# Kept apart from the ticks of an OTA: only who leaves another channel manager has to think of these.
SWITCHING = ("old_bookings", "old_off")


def ticks_of(code: str, switching: bool) -> tuple[str, ...]:
    """The items a person ticks, in the order they are done."""
    guide = GUIDES.get(code)
    return (guide.ticks if guide else ()) + (SWITCHING if switching else ())


def next_look(started: datetime, now: datetime) -> datetime:
    """When to ask the OTA again: every minute within the first hour, then every quarter of an hour."""
    return now + (FAST if now - started < PATIENCE else SLOW)
