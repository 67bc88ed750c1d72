"""Accounts, properties, room types and price slots at Beds24."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from providers.beds24 import mapping
from providers.beds24.api import Beds24Api
from providers.errors import AuthFailed, Malformed, NotFound
from providers.tokens import Tokens
from providers.types import AccountDetails, RemoteProperty, RemoteRoomType


class Content(Beds24Api):
    def exchange_code(self, code: str, label: str) -> Tokens:
        """Return the tokens for an invite code. `AuthFailed` when it is wrong, used or older than a day."""
        return self.auth.exchange(code, label)

    def keep_signed_in(self, ahead: timedelta, at_least_every: timedelta) -> Tokens:
        return self.auth.keep(ahead, at_least_every)

    def sign_out(self) -> None:
        self.auth.revoke()

    def account_details(self) -> AccountDetails:
        """What our token may do. Costs no credits. A dead token is answered with a 200 that says so."""
        token = self.auth.access_token()
        details = mapping.account(self._details(token))
        if details is None:
            details = mapping.account(self._details(self.auth.access_token(worn=token)))
        if details is None:
            raise AuthFailed("Beds24 says that our token is not valid")
        return details

    def test_connection(self) -> str:
        """Prove the token; return one sentence saying whose it is and what it sees."""
        details = self.account_details()
        count = len(self.fetch_properties())
        noun = "property" if count == 1 else "properties"
        return f"Beds24 accepts the token of account {details.owner_id}; it sees {count} {noun}."

    def fetch_properties(self) -> tuple[RemoteProperty, ...]:
        return tuple(mapping.remote_property(item) for item in self._pages("/properties", {}))

    def fetch_products(self, property_id: str) -> tuple[RemoteRoomType, ...]:
        """Return the room types of a property, each with the price slots that can be written as its rate plans."""
        flags = {"includeAllRooms": "true", "includePriceRules": "true"}
        return mapping.products(self._property(property_id, **flags))

    def _property(self, property_id: str, **flags: str) -> dict[str, Any]:
        """Return one property as Beds24 shows it. It may hold webhook secrets: never log or show it."""
        for item in self._pages("/properties", {"id": [property_id], **flags}):
            if str(item.get("id")) == property_id:
                return item
        message = f"Beds24 does not show us property {property_id}: it is gone, or not among our token's properties"
        raise NotFound(message, code="no_property")

    def _details(self, token: str) -> dict[str, Any]:
        # No bucket: this endpoint alone is not metered.
        answer = self.http.request("GET", "/authentication/details", headers={"token": token})
        if not isinstance(answer.json, dict):
            raise Malformed("Beds24 answered with something other than an object", call_id=answer.call_id)
        return answer.json
