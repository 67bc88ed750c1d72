"""A set-up in a person's words: its steps, their states, what is made at the provider, what stands in the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, g, url_for
from flask_babel import gettext, lazy_gettext

from portal.domain.onboarding import State, Step
from portal.services import onboarding, onboarding_route, onboarding_steps
from portal.services.onboarding_steps import Obstacle
from portal.web.vocabulary import Words

STEPS: Words = {
    Step.PROPERTY: lazy_gettext("The property"),
    Step.ROOMS: lazy_gettext("Rooms"),
    Step.PLANS: lazy_gettext("Prices"),
    Step.CONNECT: lazy_gettext("How to connect"),
    Step.PROVISION: lazy_gettext("Creating it at the channel manager"),
    Step.MAPPING: lazy_gettext("Mapping"),
    Step.EXTRANET: lazy_gettext("The OTA's extranet"),
    Step.PREVIEW: lazy_gettext("What will happen"),
    Step.ACTIVATE: lazy_gettext("First night on sale"),
}
STATES: Words = {
    State.DONE: lazy_gettext("done"),
    State.OPEN: lazy_gettext("to do"),
    State.WORKING: lazy_gettext("under way"),
    State.OTA: lazy_gettext("waits for the OTA"),
    State.COLLEAGUE: lazy_gettext("needs a colleague"),
    State.LATER: lazy_gettext("later"),
    State.SKIPPED: lazy_gettext("not needed"),
}
ICONS = {
    State.DONE: "check", State.OPEN: "arrow", State.WORKING: "heals_itself", State.OTA: "needs_ota",
    State.COLLEAGUE: "person", State.LATER: "paused", State.SKIPPED: "check",
}  # fmt: skip
ITEMS: Words = {
    "group": lazy_gettext("A group for your organization"),
    "property": lazy_gettext("The property"),
    "room_type": lazy_gettext("Room type"),
    "rate_plan": lazy_gettext("Rate plan"),
    "webhook": lazy_gettext("The way bookings come back"),
}
ITEM_STATES: Words = {
    "done": lazy_gettext("there"),
    "working": lazy_gettext("under way"),
    "refused": lazy_gettext("refused"),
    "waiting": lazy_gettext("waits its turn"),
}
OBSTACLES: Words = {
    Obstacle.NOT_DESCRIBED: lazy_gettext("Property, rooms or prices are not complete."),
    Obstacle.NO_ROUTE: lazy_gettext("Choose how to connect."),
    Obstacle.NOT_CREATED: lazy_gettext("Not everything is created at the channel manager yet."),
    Obstacle.NOT_SIGNED_IN: lazy_gettext("Sign in at the channel manager and choose the property there."),
    Obstacle.UNMAPPED: lazy_gettext("Some room types or rate plans are neither mapped nor left out."),
    Obstacle.COUNTING: lazy_gettext(
        "The channel manager counts rooms by itself: together with us it would give a cancelled room back twice. "
        "Switch that off there."
    ),
    Obstacle.NO_PRICE: lazy_gettext("No night would be for sale: there are no prices or no rooms."),
    Obstacle.NOT_VERIFIED: lazy_gettext("Confirm your e-mail address first: we sent you a link."),
}
_LEADS_TO = {
    Obstacle.NOT_DESCRIBED: Step.PROPERTY,
    Obstacle.NO_ROUTE: Step.CONNECT,
    Obstacle.NOT_CREATED: Step.PROVISION,
    Obstacle.NOT_SIGNED_IN: Step.PROVISION,
    Obstacle.UNMAPPED: Step.MAPPING,
    Obstacle.NO_PRICE: Step.PLANS,
}


@dataclass(frozen=True)
class Shown:
    """One entry of the list of steps. `url` is empty for what cannot be opened yet."""

    step: str
    number: int
    label: str
    state: str
    word: str
    icon: str
    url: str


def install(app: Flask) -> None:
    app.context_processor(lambda: {"onboarding_steps": of_the_page, "onboarding_next": next_of_the_page})
    app.jinja_env.globals.update(onboarding_items=ITEMS, onboarding_item_states=ITEM_STATES)


def shown(way: onboarding_steps.Way) -> list[Shown]:
    """Every step with its state, for the list beside the page."""
    found = []
    for number, step in enumerate(Step, 1):
        state = way.states[step]
        link = "" if state in (State.LATER, State.SKIPPED) else address(way.draft, step)
        label = STEPS[step]
        if step is Step.PROVISION and onboarding_route.is_by_code(way.draft):
            label = gettext("Signing in at the channel manager")
        found.append(Shown(step.value, number, str(label), state.value, str(STATES[state]), ICONS[state], link))
    return found


def address(draft: Any, step: Step) -> str:
    return url_for(f"onboarding.{step.value}", organization_id=draft.organization_id, draft_id=draft.id)


def obstacle(draft: Any, what: Obstacle) -> tuple[str, str]:
    """What stands in the way, and where it is removed."""
    if what is Obstacle.COUNTING:
        return str(OBSTACLES[what]), url_for("channel_settings.index", property_id=draft.property_id)
    if what is Obstacle.NOT_VERIFIED:
        return str(OBSTACLES[what]), url_for("auth.me")
    return str(OBSTACLES[what]), address(draft, _LEADS_TO[what])


def of_the_page() -> list[Shown]:
    """The steps of the set-up this page belongs to: its own, or the open one of the property. Empty for none."""
    way = _way()
    return shown(way) if way else []


def next_of_the_page() -> str:
    """Where a page of the property leads back to its open set-up. Empty for none."""
    way = _way()
    return address(way.draft, way.current) if way else ""


def pace(seconds: int) -> str:
    """How long it took, in hours and minutes."""
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return gettext("%(num)d min", num=minutes)
    return gettext("%(hours)d h %(minutes)d min", hours=minutes // 60, minutes=minutes % 60)


def _way() -> onboarding_steps.Way | None:
    """Asked once a request; only who may set up hotels sees it."""
    if "onboarding_way" not in g:
        place = g.get("place")
        draft = onboarding.of_property(place.property.id) if place and place.may("connections.edit") else None
        way = onboarding_steps.way(draft) if draft else None
        g.onboarding_way = None if way is None or way.finished else way
    found: onboarding_steps.Way | None = g.onboarding_way
    return found
