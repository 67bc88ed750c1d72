"""Webhooks: who registered for what, and what is sent to them."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from sandbox.channex import views
from sandbox.channex.checks import BLANK, INVALID, Check, wrapped
from sandbox.channex.errors import Refused
from sandbox.channex.lists import listing
from sandbox.channex.state import Webhook, World, new_id
from sandbox.clock import zulu_stamp
from sandbox.sender import Delivery, Plan, Sender
from sandbox.web import Request, Response, Router, answer

EVENTS = frozenset(
    "booking booking_new booking_modification booking_cancellation booking_unmapped_room booking_unmapped_rate "
    "non_acked_booking ari message message_thread_booking_assigned sync_error sync_warning rate_error new_channel "
    "updated_channel activate_channel deactivate_channel disconnect_channel disconnected_channel disconnect_listing "
    "channel_removal_warning property_removal_warning review updated_review reservation_request alteration_request "
    "accepted_reservation declined_reservation inquiry".split()
)
STATUS_EVENTS = frozenset(("booking_new", "booking_modification", "booking_cancellation"))
MINUTE, HOUR = 60.0, 3600.0
WAITS = [MINUTE * each for each in (1, 2, 4, 8, 15, 30)] + [HOUR * each for each in (1, 2, 4, 6, 10)]
DEFAULTS = {"is_global": False, "is_active": False, "send_data": False, "protected": False}


class Hooks:
    """The webhook endpoints, and the dispatch of events to them."""

    def __init__(self, world: World) -> None:
        self.world = world
        switches = world.switches
        self.sender = Sender(world.clock, Plan(self.waits, lambda: float(switches["webhook_timeout_seconds"]),
                                               lambda name: switches[name]))  # fmt: skip
        world.emit = self.emit
        world.wants = lambda event, property_id: bool(self.listeners(event, property_id))

    def routes(self, router: Router, base: str) -> None:
        """Add them under the API's base path."""
        router.add("GET", f"{base}/webhooks", self.index)
        router.add("POST", f"{base}/webhooks", self.create)
        router.add("POST", f"{base}/webhooks/test", self.test)
        router.add("GET", f"{base}/webhooks/<id>", self.show)
        router.add("PUT", f"{base}/webhooks/<id>", self.update)
        router.add("DELETE", f"{base}/webhooks/<id>", self.delete)

    def waits(self) -> list[float]:
        """Seconds before each further attempt. "Max 11 attempts" may or may not count the first."""
        return WAITS[:10] if self.world.switches["count_first_attempt"] else WAITS

    def index(self, request: Request) -> Response:
        """All webhooks."""
        rows = self.world.webhooks.values()
        filters = frozenset(("property_id", "is_global", "is_active"))
        return listing(request, rows, self._view, _key, "inserted_at", filters=filters)

    def _view(self, hook: Webhook) -> dict[str, Any]:
        return views.webhook(hook, self.world.user_id)

    def create(self, request: Request) -> Response:
        """A new webhook: inactive and without data unless asked otherwise."""
        given = wrapped(request, "webhook")
        attributes = self._checked({**DEFAULTS, "request_params": None, "headers": None, **given})
        hook = Webhook(new_id(), attributes)
        self.world.webhooks[hook.id] = hook
        self.world.changed()
        return answer({"data": self._view(hook)}, 201)

    def show(self, request: Request) -> Response:
        """One webhook."""
        return answer({"data": self._view(self.world.webhook(request.params["id"]))})

    def update(self, request: Request) -> Response:
        """Change some attributes."""
        hook = self.world.webhook(request.params["id"])
        hook.attributes = self._checked({**hook.attributes, **wrapped(request, "webhook")})
        self.world.changed()
        return answer({"data": self._view(hook)})

    def delete(self, request: Request) -> Response:
        """Remove a webhook."""
        del self.world.webhooks[self.world.webhook(request.params["id"]).id]
        self.world.changed()
        return answer(views.SUCCESS)

    def test(self, request: Request) -> Response:
        """Call the URL of a webhook and report; the target's failure is still a 200 here."""
        given = wrapped(request, "webhook")
        attributes = self._checked({**DEFAULTS, "request_params": None, "headers": None, **given})
        url, headers = _address(attributes)
        verdict = self.sender.post(url, headers, self._envelope("test", attributes["property_id"], {}, attributes))
        return answer({
            "status": verdict.status, "status_code": verdict.status, "body": verdict.body or verdict.error,
            "headers": verdict.headers, "request_url": url,
        })  # fmt: skip

    def _checked(self, given: dict[str, Any]) -> dict[str, Any]:
        check = Check(given)
        check.text("callback_url", 2000, required=True)
        check.text("event_mask", 10_000, required=True)
        for name in DEFAULTS:
            check.flag(name)
        for name in ("headers", "request_params"):
            if given[name] is not None and not isinstance(given[name], dict):
                check.wrong(name, INVALID)
        if given.get("property_id") is None and not given["is_global"]:
            check.wrong("property_id", BLANK)
        elif given.get("property_id") is not None and given["property_id"] not in self.world.properties:
            check.wrong("property_id", INVALID)
        check.done()
        if any(name not in EVENTS and name != "*" for name in _names(given["event_mask"])):
            raise Refused(422, {"event_mask": [INVALID]})
        if not _resolves(given["callback_url"]):
            raise Refused(422, {"callback_url": ["invalid host"]})
        known = ("callback_url", "event_mask", "property_id", "request_params", "headers", *DEFAULTS, "inserted_at")
        given.setdefault("inserted_at", self.world.stamp())
        return {name: given.get(name) for name in known}

    def listeners(self, event: str, property_id: str | None) -> list[Webhook]:
        """Who is called: property hooks that match, or else the global ones that do."""
        own, everywhere = [], []
        for hook in self.world.webhooks.values():
            have = hook.attributes
            if not have["is_active"] or not self._asks(have["event_mask"], event):
                continue
            if have["property_id"] is None:
                everywhere.append(hook)
            elif have["property_id"] == property_id:
                own.append(hook)
        return own or everywhere

    def _asks(self, mask: str, event: str) -> bool:
        names = _names(mask)
        if event in names:
            return True
        return "*" in names and (event not in STATUS_EVENTS or bool(self.world.switches["both_booking_events"]))

    def emit(self, event: str, property_id: str | None, payload: Any) -> None:
        """Queue an event for whoever listens."""
        for hook in self.listeners(event, property_id):
            data = _narrowed(hook.attributes["event_mask"], payload) if event == "ari" else payload
            if event == "ari" and not data:
                continue
            url, headers = _address(hook.attributes)
            body = self._envelope(event, property_id, data, hook.attributes)
            due = self.world.clock.timestamp()
            self.sender.enqueue(Delivery(hook.id, url, headers, body, event, property_id, due))

    def _envelope(self, event: str, property_id: str | None, payload: Any, hook: dict[str, Any]) -> str:
        envelope: dict[str, Any] = {"event": event}
        if hook["send_data"]:
            envelope["payload"] = payload
        stamp = zulu_stamp(self.world.clock.now())
        return orjson.dumps({**envelope, "property_id": property_id, "user_id": None, "timestamp": stamp}).decode()


def _names(mask: str) -> set[str]:
    return {part.split(":")[0].strip() for part in mask.split(";") if part.strip()}


def _narrowed(mask: str, cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cells an `ari:<restrictions>:<room types>:<rate plans>` mask asks for."""
    for part in mask.split(";"):
        name, *limits = part.strip().split(":")
        if name != "ari" or not limits:
            continue
        fields, rooms, plans = (set(each.split(",")) for each in [*limits, "*", "*", "*"][:3])
        return [
            cell
            for cell in cells
            if ("*" in fields or fields & set(cell))
            and ("*" in rooms or cell["room_type_id"] in rooms)
            and ("*" in plans or cell["rate_plan_id"] in plans)
        ]
    return cells


def _address(hook: dict[str, Any]) -> tuple[str, dict[str, str]]:
    url, params = hook["callback_url"], hook["request_params"] or {}
    if params:
        url += ("&" if urlsplit(url).query else "?") + urlencode(params)
    return url, {str(name): str(value) for name, value in (hook["headers"] or {}).items()}


def _resolves(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return False
    try:
        return bool(socket.getaddrinfo(parts.hostname, None))
    except (OSError, UnicodeError):
        return False


def _key(row: Webhook, name: str) -> Any:
    return row.id if name == "id" else row.attributes.get(name)
