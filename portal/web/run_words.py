"""A run with a channel manager in one sentence, its state in one word, and the values it carried."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext, lazy_gettext, ngettext

from portal.domain import calendar
from portal.models import SyncRun
from portal.services.run_facts import About
from portal.web import cells, words
from portal.web.filters import day, nights, number
from portal.web.vocabulary import PROVIDERS, Words
from providers.types import LaneKind

TYPES: Words = {
    "ARI_PUSH": lazy_gettext("Sent changes"),
    "FULL_SYNC": lazy_gettext("Full sync"),
    "RESERVATION_PULL": lazy_gettext("Read bookings"),
    "ARI_PULL": lazy_gettext("Compared calendars"),
    "MAPPING_SYNC": lazy_gettext("Rooms and rate plans"),
    "RESERVATION_PUSH": lazy_gettext("Sent a reservation"),
}
STATUSES: Words = {
    "PENDING": lazy_gettext("Waiting"),
    "IN_PROGRESS": lazy_gettext("Under way"),
    "COMPLETED": lazy_gettext("Done"),
    "PARTIAL": lazy_gettext("Partly done"),
    "FAILED": lazy_gettext("Failed"),
}
TRIGGERS: Words = {
    "webhook": lazy_gettext("a webhook"),
    "feed": lazy_gettext("the schedule"),
    "schedule": lazy_gettext("the schedule"),
    "person": lazy_gettext("a person"),
    "change": lazy_gettext("a change here"),
    "retry": lazy_gettext("another try"),
    "connect": lazy_gettext("an OTA that was connected"),
    "import": lazy_gettext("a person who looks first"),
}
WORKING = ("PENDING", "IN_PROGRESS")
_A_PERSONS = ("AUTH_ERROR", "MAPPING_ERROR")


def level(run: SyncRun, about: About) -> str:
    """working, fine, heals_itself or needs_you. What a later run made up for is fine again."""
    if run.status in WORKING:
        return "working"
    if run.status == "COMPLETED":
        return "fine"
    if about.refusals:
        return "needs_you" if about.still_refused else "fine"
    if about.made_up:
        return "fine"
    return "needs_you" if run.category in _A_PERSONS else "heals_itself"


def prospect(run: SyncRun, about: About) -> str:
    """A few words behind the state: why it is fine although it went wrong. Empty when there is nothing to add."""
    if run.status not in ("FAILED", "PARTIAL") or level(run, about) != "fine":
        return ""
    return str(gettext("made up for since"))


def sentence(run: SyncRun, about: About, provider: str) -> str:
    """What the run did and what came of it."""
    name = words.say(PROVIDERS, provider)
    tell = {
        "FULL_SYNC": _full_sync, "ARI_PUSH": _sent, "RESERVATION_PULL": _bookings, "ARI_PULL": _compared,
        "MAPPING_SYNC": _products, "RESERVATION_PUSH": _reservation,
    }[run.type.value]  # fmt: skip
    return tell(run, about, name)


def _reservation(run: SyncRun, about: About, name: str) -> str:
    if run.status in WORKING:
        return str(gettext("Sending a reservation to %(provider)s", provider=name))
    if run.status == "COMPLETED":
        return str(gettext("A reservation sold here was sent to %(provider)s and accepted", provider=name))
    reason = words.reason(run.error) if run.error else gettext("no reason given")
    return str(gettext("A reservation sold here did not get to %(provider)s: %(reason)s", provider=name, reason=reason))


def cell(kind: str, value: Any, currency: str) -> str:
    """A value that was sent: units for sale, or a price with its restrictions."""
    try:
        decoded = next(iter(calendar.decode([["2000-01-01", 1, value]], LaneKind(kind)).values()))
    except ValueError:
        return str(value)
    return cells.value_words(decoded, currency)


def span(first: str | None, last: str | None) -> str:
    """`12–14 Dec (2 nights)` of a closed run of nights; nothing when it cannot be read."""
    try:
        return nights(date.fromisoformat(first or ""), date.fromisoformat(last or "") + timedelta(days=1))
    except ValueError:
        return ""


def names(run: SyncRun, about: About, most: int = 2) -> str:
    """The room types a run spoke of; its rate plan when that is all."""
    only_plan = len(about.plans) == 1 and not run.summary.get("availability")
    return listed(about.plans if only_plan else about.rooms, most)


def products(room_types: int, rate_plans: int) -> str:
    """`1 room type and 3 rate plans`."""
    return str(gettext(
        "%(room_types)s and %(rate_plans)s",
        room_types=ngettext("%(num)d room type", "%(num)d room types", room_types),
        rate_plans=ngettext("%(num)d rate plan", "%(num)d rate plans", rate_plans),
    ))  # fmt: skip


def listed(found: Sequence[str], most: int = 2) -> str:
    if not found:
        return str(gettext("nothing we know the name of"))
    if len(found) == 1:
        return found[0]
    if len(found) <= most:
        return str(gettext("%(first)s and %(last)s", first=", ".join(found[:-1]), last=found[-1]))
    shown, left = ", ".join(found[:most]), len(found) - most
    return str(ngettext("%(names)s and %(num)d more", "%(names)s and %(num)d more", left, names=shown))


def _sent(run: SyncRun, about: About, provider: str) -> str:
    total = run.processed + run.failed
    if "closed" in run.summary:
        many = int(run.summary["closed"])
        return str(ngettext(
            "Took %(num)d product that is mapped no more off sale at %(provider)s: %(outcome)s",
            "Took %(num)d products that are mapped no more off sale at %(provider)s: %(outcome)s",
            many, provider=provider, outcome=_outcome(run, about),
        ))  # fmt: skip
    if run.status.value in WORKING:
        return str(gettext("Changes are on their way to %(provider)s.", provider=provider))
    if not total and run.status == "COMPLETED":
        return str(gettext("%(provider)s had everything already; nothing was sent.", provider=provider))
    head = ngettext(
        "%(count)s night of %(names)s to %(provider)s",
        "%(count)s nights of %(names)s to %(provider)s",
        total,
        count=number(total),
        names=names(run, about),
        provider=provider,
    )
    return f"{_placed(head, run)}: {_outcome(run, about)}"


def _full_sync(run: SyncRun, about: About, provider: str) -> str:
    if run.status.value in WORKING:
        return str(gettext("Everything is on its way to %(provider)s.", provider=provider))
    if run.status == "COMPLETED" and not run.processed:
        return str(gettext("Full sync with %(provider)s: there was nothing to send.", provider=provider))
    head = gettext(
        "Everything to %(provider)s, %(values)s values of %(products)s",
        provider=provider, values=number(run.processed + run.failed),
        products=products(len(about.rooms), len(about.plans)),
    )  # fmt: skip
    return f"{_placed(head, run)}: {_outcome(run, about)}"


def _placed(head: str, run: SyncRun) -> str:
    """The nights lie between the first and the last; how many they are was said already."""
    try:
        first, last = (date.fromisoformat(str(run.summary.get(name))) for name in ("first", "last"))
    except ValueError:
        return head
    if first == last:
        return f"{head}, {day(first)}"
    same_month = (first.year, first.month) == (last.year, last.month)
    return f"{head}, {first.day}–{day(last)}" if same_month else f"{head}, {day(first)} – {day(last)}"


def _outcome(run: SyncRun, about: About) -> str:
    if not run.failed and run.status == "COMPLETED":
        return str(gettext("all accepted"))
    refused = about.refusals
    said = []
    if run.processed:
        said.append(gettext("%(count)s accepted", count=number(run.processed)))
    if run.failed:
        count = number(run.failed)
        said.append(gettext("%(count)s refused", count=count) if refused
                    else gettext("%(count)s not delivered", count=count))  # fmt: skip
    return _because(", ".join(said) or str(gettext("not delivered")), run)


def _because(said: str, run: SyncRun) -> str:
    return f"{said}: {words.reason(run.error)}" if run.error else said


def _bookings(run: SyncRun, about: About, provider: str) -> str:
    if run.status.value in WORKING:
        return str(gettext("Reading bookings from %(provider)s.", provider=provider))
    if run.status == "FAILED":
        return _because(str(gettext("Bookings could not be read from %(provider)s", provider=provider)), run)
    if "preview" in run.summary:
        many = sum(int(count) for count in run.summary["preview"]["counts"].values())
        return str(ngettext(
            "Looked at %(num)d booking at %(provider)s; nothing was changed.",
            "Looked at %(num)d bookings at %(provider)s; nothing was changed.", many, provider=provider,
        ))  # fmt: skip
    if run.summary.get("missed"):
        return str(ngettext(
            "The schedule found %(num)d booking message at %(provider)s that no webhook had announced.",
            "The schedule found %(num)d booking messages at %(provider)s that no webhook had announced.",
            run.processed, provider=provider,
        ))  # fmt: skip
    if not run.processed:
        return str(gettext("Read bookings from %(provider)s: nothing new", provider=provider))
    return str(ngettext("Read bookings from %(provider)s: %(num)d new message",
                        "Read bookings from %(provider)s: %(num)d new messages", run.processed,
                        provider=provider))  # fmt: skip


def _compared(run: SyncRun, about: About, provider: str) -> str:
    if run.status.value in WORKING:
        return str(gettext("Reading the calendar of %(provider)s.", provider=provider))
    if run.status == "FAILED":
        return _because(str(gettext("The calendar could not be read from %(provider)s", provider=provider)), run)
    read = gettext("Read back %(count)s nights from %(provider)s", count=number(run.processed), provider=provider)
    if not run.failed:
        return f"{read}: {gettext('all as they should be')}"
    return (
        str(read)
        + ": "
        + str(ngettext("%(num)d differs and is sent again", "%(num)d differ and are sent again", run.failed))
    )


def _products(run: SyncRun, about: About, provider: str) -> str:
    if run.status.value in WORKING:
        return str(gettext("Setting up rooms and rate plans at %(provider)s.", provider=provider))
    if run.status == "FAILED":
        return _because(
            str(gettext("Rooms and rate plans could not be set up at %(provider)s", provider=provider)), run
        )
    facts = run.summary
    if "missing" in facts:
        return str(gettext(
            "Compared rooms and rate plans with %(provider)s: %(missing)d gone there, %(unmapped)d there without ours",
            provider=provider, missing=int(facts["missing"]), unmapped=int(facts.get("unmapped") or 0),
        ))  # fmt: skip
    return str(gettext(
        "Set up at %(provider)s: %(products)s", provider=provider,
        products=products(int(facts.get("room_types") or 0), int(facts.get("rate_plans") or 0)),
    ))  # fmt: skip
