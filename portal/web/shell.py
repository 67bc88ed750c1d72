"""What stands around every page: rail, top bar, ribbon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask_babel import get_locale, lazy_gettext

from portal.services import mails, platform
from portal.web import identity

THEMES = ("light", "dark")
THEME_COOKIE = "theme"
LONG_YEAR = 365 * 86400


@dataclass(frozen=True)
class Stop:
    """One entry of the rail."""

    endpoint: str
    label: Any
    icon: str
    permission: str = ""
    also: tuple[str, ...] = ()  # further blueprints whose pages belong to it


PROPERTY_RAIL = (
    Stop("overview.index", lazy_gettext("Overview"), "overview", "reservations.view"),
    Stop("calendar.index", lazy_gettext("Calendar"), "calendar", "reservations.view"),
    Stop("reservations.index", lazy_gettext("Reservations"), "reservations", "reservations.view"),
    Stop("guests.index", lazy_gettext("Guests"), "person", "guests.view"),
    Stop("rates.index", lazy_gettext("Prices & rooms"), "rates", "rates.view", also=("rate_edits", "rate_plans")),
    Stop("rooms.index", lazy_gettext("Rooms"), "bed", "rooms.view", also=("blocks", "room_types")),
    Stop(
        "connections.index",
        lazy_gettext("Channels"),
        "channels",
        "connections.view",
        also=("channel_limits", "channel_settings", "channel_setup", "mappings", "sign_in_codes"),
    ),
    Stop("history.index", lazy_gettext("History"), "history", "history.view"),
    Stop("webhook_events.index", lazy_gettext("Webhooks"), "webhooks", "webhooks.view"),
)
ADMIN_RAIL = (Stop("admin.tenants", lazy_gettext("Tenants"), "tenants"),)


def install(app: Flask) -> None:
    @app.context_processor
    def around() -> dict[str, Any]:
        return {
            "rail": rail,
            "may": may,
            "theme": theme(),
            "mailbox_url": mailbox_url(),
            "unverified": unverified,
            "language": str(get_locale() or "en").replace("_", "-"),
            "sandbox_ribbon": sandbox_ribbon,
            "now": datetime.now(UTC),
            "here_property": g.get("property"),
            "here_organization": g.get("organization"),
            "here_person": identity.person,
        }


def rail() -> list[dict[str, Any]]:
    """The entries this person may follow, on this page's rail."""
    place = g.get("place")
    if place is not None:
        arguments = {"property_id": place.property.id}
        return [_link(stop, arguments) for stop in PROPERTY_RAIL if _exists(stop) and place.may(stop.permission)]
    who = identity.person()
    return [_link(stop, {}) for stop in ADMIN_RAIL] if who and who.is_platform_admin else []


def may(permission: str) -> bool:
    """Whether the person may do this here: buttons that would be refused are not shown."""
    place = g.get("place") or g.get("office")
    return place is not None and place.may(permission)


def theme() -> str:
    """light, dark, or nothing: as the device prefers."""
    wanted = request.cookies.get(THEME_COOKIE, "")
    return wanted if wanted in THEMES else ""


def mailbox_url() -> str:
    """Where mails are shown in practice; nothing where they are real."""
    return current_app.extensions["roomwire_settings"].mailbox_url or ""


def unverified() -> bool:
    """Whether the person still has to show that the address is theirs, and could."""
    who = identity.person()
    return who is not None and not who.is_verified and mails.configured()


def sandbox_ribbon() -> bool:
    """Whether the connections of this property talk to a simulated provider. Asked once a request."""
    if g.get("property") is None:
        return False
    if "sandbox" not in g:
        g.sandbox = platform.uses_simulator(g.property.id)
    return bool(g.sandbox)


def property_url(property_id: object) -> str:
    """Where a property begins."""
    return f"/p/{property_id}/"


def _exists(stop: Stop) -> bool:
    return stop.endpoint in current_app.view_functions


def _link(stop: Stop, arguments: dict[str, Any]) -> dict[str, Any]:
    current = (request.blueprint or "") in (stop.endpoint.split(".")[0], *stop.also)
    return {"url": url_for(stop.endpoint, **arguments), "label": stop.label, "icon": stop.icon, "current": current}
