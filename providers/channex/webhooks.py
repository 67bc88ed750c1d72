"""Channex's webhooks: registering ours, and believing a delivery.

Nothing is signed: a secret travels in a header we register. A delivery is a reason to look, the
feed is the truth. https://docs.channex.io, Webhook Collection, read August 2026.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from providers.cards import strip_cards
from providers.channex.api import ChannexApi, at, attributes
from providers.errors import Malformed, NotFound
from providers.strict import clean, loads
from providers.strict_fields import text
from providers.types import WebhookEvent

SECRET_HEADER = "X-Channex-Webhook-Secret"
EVENT_MASK = (
    "booking;booking_unmapped_room;booking_unmapped_rate;non_acked_booking;sync_error;sync_warning;rate_error;"
    "new_channel;updated_channel;activate_channel;deactivate_channel;disconnect_channel;"
    "channel_removal_warning;property_removal_warning"
)
_KINDS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "booking",
            "booking_new",
            "booking_modification",
            "booking_cancellation",
            "booking_unmapped_room",
            "booking_unmapped_rate",
        ),
        "booking",
    ),
    **dict.fromkeys(
        (
            "new_channel",
            "updated_channel",
            "activate_channel",
            "deactivate_channel",
            "disconnect_channel",
            "disconnected_channel",  # the spelling of 2025
            "disconnect_listing",
        ),
        "channel",
    ),
    **dict.fromkeys(("sync_error", "sync_warning", "rate_error"), "sync_error"),
    **dict.fromkeys(("channel_removal_warning", "property_removal_warning"), "removal_warning"),
    "non_acked_booking": "unacked",
    "ari": "ari",
}


class Webhooks(ChannexApi):
    def webhooks(self) -> list[dict[str, Any]]:
        """Return every webhook of the account. They hold the secrets we registered: never log or show them."""
        return [attributes(item) for item in self._pages("/webhooks")]

    def register_webhook(self, url: str, property_id: str | None, secret: str) -> str:
        """Create our webhook, or repair the one that is there, and return its id.

        Without a property it is global. A property's own webhook silences the global one for it.
        """
        wanted = {"webhook": _wanted(url, property_id, secret)}
        for found in self.webhooks():
            if found.get("callback_url") == url and (found.get("property_id") or None) == property_id:
                try:
                    self._call("PUT", at("/webhooks/{}", found["id"]), json=wanted)
                except NotFound:
                    continue
                return str(found["id"])
        return str(self._attributes("POST", "/webhooks", json=wanted)["id"])

    def check_webhook(self, url: str, property_id: str | None, secret: str) -> tuple[str, ...]:
        """Read our webhook back and return what is wrong with it; nothing when all is well."""
        wanted = _wanted(url, property_id, secret)
        ours = [
            found
            for found in self.webhooks()
            if found.get("callback_url") == url and (found.get("property_id") or None) == property_id
        ]
        if not ours:
            return ("it is not registered",)
        found = ours[0]
        held = found.get("headers")
        faults = {
            "it is switched off": found.get("is_active") is True,
            "it does not send along what happened": found.get("send_data") is True,
            "it leaves out events we need": _covers(str(found.get("event_mask") or ""), wanted["event_mask"]),
            "our secret header is missing or different": isinstance(held, dict) and verify(held, secret),
        }
        return tuple(fault for fault, fine in faults.items() if not fine)

    def delete_webhook(self, external_id: str) -> None:
        """Remove a webhook; one that is gone already is as good."""
        try:
            self._call("DELETE", at("/webhooks/{}", external_id))
        except NotFound:
            return

    def try_webhook(self, url: str, property_id: str | None, secret: str) -> int | None:
        """Have Channex call our address now; return the HTTP status it got, `None` when it did not reach us.

        Channex answers 200 even when we did not, and names our status in one of two ways.
        """
        body = self.http.request("POST", "/webhooks/test", json={"webhook": _wanted(url, property_id, secret)}).json
        answer = body.get("data", body) if isinstance(body, dict) else {}
        for name in ("status", "status_code"):
            status = answer.get(name) if isinstance(answer, dict) else None
            if isinstance(status, int) and not isinstance(status, bool):
                return status
        if isinstance(answer, dict) and ("status" in answer or "status_code" in answer):
            return None
        raise Malformed("Channex did not say what our address answered", field="status")

    @classmethod
    def verify_webhook(cls, headers: Mapping[str, str], body: bytes, secret: str, *, signed: bool = False) -> bool:
        return not signed and verify(headers, secret)

    @classmethod
    def parse_webhook(cls, body: bytes) -> WebhookEvent:
        return read_event(body)


def verify(headers: Mapping[str, str], secret: str) -> bool:
    """True when the delivery carries our secret. Constant time, on bytes; never raises. No secret matches nothing."""
    given = next((value for name, value in headers.items() if str(name).lower() == SECRET_HEADER.lower()), "")
    wanted = secret.encode("utf-8", "surrogatepass")
    same = hmac.compare_digest(str(given).encode("utf-8", "surrogatepass"), wanted)
    return same and bool(wanted)


def read_event(body: bytes) -> WebhookEvent:
    """Return what a delivery says. Raises `Malformed` only when it is not a JSON object."""
    message = strip_cards(loads(body))
    if not isinstance(message, dict):
        raise Malformed("the delivery is not an object")
    name = text(message.get("event"), 100) or ""
    payload = message.get("payload")
    found = payload if isinstance(payload, dict) else {}
    live_id = text(found.get("live_feed_event_id"), 100)
    return WebhookEvent(
        kind=_KINDS.get(name, "other"),
        name=name,
        external_property_id=text(message.get("property_id"), 200) or text(found.get("property_id"), 200),
        event_key=f"{name}:{live_id}" if live_id else f"sha256:{hashlib.sha256(body).hexdigest()}",
        external_booking_id=text(found.get("booking_id"), 200),
        external_revision_id=text(found.get("revision_id"), 200) or text(found.get("booking_revision_id"), 200),
        data=clean({"changes": payload} if isinstance(payload, list) else found),
    )


def _covers(mask: str, wanted: str) -> bool:
    return mask.strip() == "*" or set(wanted.split(";")) <= {name.strip() for name in mask.split(";")}


def _wanted(url: str, property_id: str | None, secret: str) -> dict[str, Any]:
    """A webhook as it must be: Channex creates them inactive and without data unless told."""
    return {
        "callback_url": url,
        "event_mask": EVENT_MASK,
        "property_id": property_id,
        "is_global": property_id is None,
        "is_active": True,
        "send_data": True,
        "headers": {SECRET_HEADER: secret},
        "request_params": {},
    }
