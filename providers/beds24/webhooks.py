"""Beds24's booking webhook: registering ours on a property, and believing a delivery.

A delivery is unsigned, names no event and has no id, comes a minute late and in no order. It is a reason to
read the booking, so ours asks for the form without personal data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.beds24.content import Content
from providers.beds24.deliveries import SECRET_HEADER, read_event, verify
from providers.errors import NotSupported, Rejected
from providers.types import VerdictKind, WebhookEvent

VERSION = "twoNoPersonalData"
NO_CARDS = "none"


class Webhooks(Content):
    def register_webhook(self, url: str, property_id: str | None, secret: str) -> str:
        """Add our address to a property's webhook, or repair it, and prove it by reading it back.

        Return the property's id: a property has one webhook, which posts to several addresses. Addresses
        and headers of others are kept; every address is sent every header.
        """
        if property_id is None:
            raise NotSupported("Beds24 registers webhooks property by property")
        held = _held(self._property(property_id))
        wanted = {
            "version": VERSION,
            "url": "\n".join([*(line for line in _lines(held.get("url")) if line != url), url]),
            "additionalData": NO_CARDS,
            "customHeader": "\n".join([*_headers_of_others(held.get("customHeader")), f"{SECRET_HEADER}: {secret}"]),
        }
        (item,) = self._write("/properties", [{"id": int(property_id), "webhooks": wanted}])
        if item.kind is not VerdictKind.ACCEPTED:
            raise Rejected(f"Beds24 does not take our webhook: {item.reason}", code="webhook")
        faults = self.check_webhook(url, property_id, secret)
        if faults:
            raise Rejected(f"Beds24 did not keep our webhook: {'; '.join(faults)}", code="webhook")
        return property_id

    def check_webhook(self, url: str, property_id: str | None, secret: str) -> tuple[str, ...]:
        """Read the property's webhook back and return what is wrong with it; nothing when all is well."""
        if property_id is None:
            raise NotSupported("Beds24 registers webhooks property by property")
        held = _held(self._property(property_id))
        faults = {
            "our address is not among its URLs": url in _lines(held.get("url")),
            "its version is not 2": str(held.get("version")).startswith("two"),
            "our secret header is missing or different": _carries(held.get("customHeader"), secret),
            "card data would be sent along": held.get("additionalData") in (NO_CARDS, None),
        }
        return tuple(fault for fault, fine in faults.items() if not fine)

    @classmethod
    def verify_webhook(cls, headers: Mapping[str, str], body: bytes, secret: str, *, signed: bool = False) -> bool:
        return verify(headers, body, secret, signed=signed)

    @classmethod
    def parse_webhook(cls, body: bytes) -> WebhookEvent:
        return read_event(body)


def _held(found: Mapping[str, Any]) -> dict[str, Any]:
    webhooks = found.get("webhooks")
    return webhooks if isinstance(webhooks, dict) else {}


def _lines(value: Any) -> list[str]:
    return [line.strip() for line in value.splitlines() if line.strip()] if isinstance(value, str) else []


def _headers_of_others(value: Any) -> list[str]:
    return [line for line in _lines(value) if line.partition(":")[0].strip().lower() != SECRET_HEADER.lower()]


def _carries(value: Any, secret: str) -> bool:
    ours = [line.partition(":") for line in _lines(value)]
    return any(name.strip().lower() == SECRET_HEADER.lower() and held.strip() == secret for name, _, held in ours)
