"""Channels connected at Channex, and the frame in which a person connects them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from providers.channel_types import RemoteChannel
from providers.channex import mapping
from providers.channex.api import ChannexApi, at
from providers.errors import Malformed


class Channels(ChannexApi):
    def channels(self, property_id: str) -> tuple[RemoteChannel, ...]:
        items = self._pages("/channels", {"filter[property_id]": property_id})
        return tuple(mapping.channel(item) for item in items)

    def channel(self, external_id: str) -> RemoteChannel:
        body = self._call("GET", at("/channels/{}", external_id))
        if not isinstance(body.get("data"), dict):
            raise Malformed("Channex answered without a channel", field="data")
        return mapping.channel(body["data"])

    def channel_details(self, external_id: str) -> Mapping[str, Any]:
        """Return all Channex says of a channel: settings, mappings, known mappings."""
        return self._attributes("GET", at("/channels/{}", external_id))

    def one_time_token(self, property_id: str, username: str, group_id: str | None = None) -> str:
        """Return a token for one opening of the channel frame within 15 minutes.

        The frame acts as the owner of our key: make a token per click, after checking the tenant, and
        keep neither the token nor the address in any log.
        """
        wanted = {"property_id": property_id, "username": username} | ({"group_id": group_id} if group_id else {})
        data = self._call("POST", "/auth/one_time_token", json={"one_time_token": wanted}).get("data")
        token = data.get("token") if isinstance(data, dict) else None
        if not isinstance(token, str) or not token:
            raise Malformed("Channex answered without a token", field="data.token")
        return token

    def frame_link(self, property_id: str, username: str, group_id: str | None, language: str = "en") -> str:
        """The address of the frame with a token made for this one click. Keep it out of every log."""
        token = self.one_time_token(property_id, username, group_id)
        return self.channel_frame(token, property_id, group_id, language)

    def channel_frame(self, token: str, property_id: str, group_id: str | None = None, language: str = "en") -> str:
        """Return the address of the frame in which channels of one property are connected and mapped."""
        query = {
            "oauth_session_key": token,
            "app_mode": "headless",
            "redirect_to": "/channels",
            "property_id": property_id,
            **({"group_id": group_id} if group_id else {}),
            "lng": language,
        }
        return f"{self.http.base_url.removesuffix('/api/v1')}/auth/exchange?{urlencode(query)}"
