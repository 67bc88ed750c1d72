"""Connecting an OTA at Channex: its account tried, its products read, a channel made, mapped, switched.

https://docs.channex.io, Channel API and the examples Booking.com and Airbnb, read August 2026.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from providers.channel_types import OtaMapping, OtaProduct
from providers.channex.api import ChannexApi, at
from providers.errors import Malformed, NotFound, Rejected
from providers.strict import clean_text

# Adapter codes are case-sensitive; they are not the three letters of a booking.
ADAPTER_OF = {"BDC": "BookingCom", "EXP": "Expedia", "ABB": "AirBNB", "AGO": "Agoda"}
# Channex may count rooms by itself on these; it and we together would give one room back twice.
COUNTING = ("allow_availability_autoupdate_on_modification", "allow_availability_autoupdate_on_cancellation")
LONGEST_NAME = 200


class Otas(ChannexApi):
    def test_channel(self, code: str, account_id: str) -> str:
        """Empty when the OTA lets Channex in, else its reason in one word of Channex. A refusal is a 200 there."""
        data = self._data("POST", "/channels/test_connection", _account(code, account_id))
        if data.get("success") is True:
            return ""
        said = data.get("errors")
        return clean_text(said)[:LONGEST_NAME] if isinstance(said, str) and said else "refused"

    def channel_products(self, code: str, account_id: str) -> tuple[OtaProduct, ...]:
        """The OTA's rooms with their rates, in its order."""
        data = self._data("POST", "/channels/mapping_details", _account(code, account_id))
        pricing = data.get("pricing_type")
        return tuple(
            _product(room, rate, pricing) for room in _objects(data, "rooms") for rate in _objects(room, "rates")
        )

    def create_channel(
        self, code: str, account_id: str, property_id: str, group_id: str, title: str, currency: str
    ) -> str:
        """Return the new channel's id; it is inactive. `Rejected` when the account is connected already."""
        channel = {**_account(code, account_id), "group_id": group_id, "title": title[:255], "currency": currency,
                   "properties": [property_id]}  # fmt: skip
        return str(self._attributes("POST", "/channels", json={"channel": channel})["id"])

    def map_channel(self, external_id: str, code: str, mappings: Sequence[OtaMapping]) -> None:
        """Put these mappings in place of what the channel has. Its active OTA then gets a full sync from Channex."""
        wanted = {"channel": _adapter(code), "rate_plans": [_mapping(each) for each in mappings]}
        self._call("PUT", at("/channels/{}", external_id), json={"channel": wanted})

    def channel_mappings(self, external_id: str) -> tuple[OtaMapping, ...]:
        found = self._attributes("GET", at("/channels/{}", external_id)).get("rate_plans")
        return tuple(_read_mapping(each) for each in found or () if isinstance(each, dict))

    def change_channel_account(self, external_id: str, code: str, account_id: str) -> None:
        """Another account behind the same channel; its mappings stay."""
        self._call("PUT", at("/channels/{}", external_id), json={"channel": _account(code, account_id)})

    def check_readiness(self, external_id: str) -> tuple[str, ...]:
        """What the channel lacks before it may be switched on, in Channex's words; empty: it is ready."""
        data = self._call("POST", at("/channels/{}/check_readiness", external_id)).get("data")
        if not isinstance(data, list):
            raise Malformed("Channex did not say what the channel lacks", field="data")
        return tuple(clean_text(str(each.get("relation") or "")) for each in data if isinstance(each, dict))

    def activate_channel(self, external_id: str) -> None:
        """Let data flow; Channex sends everything and imports the OTA's bookings. Again is as good as once."""
        self._call("POST", at("/channels/{}/activate", external_id))

    def deactivate_channel(self, external_id: str) -> None:
        """Stop data. Channex keeps the mappings for 30 days; the OTA goes on selling what it holds."""
        self._call("POST", at("/channels/{}/deactivate", external_id))

    def delete_channel(self, external_id: str) -> None:
        """Remove an inactive channel for good; one that is gone already is as good."""
        try:
            self._call("DELETE", at("/channels/{}", external_id))
        except NotFound:
            return

    def consent_link(self, code: str, property_id: str, group_id: str, back_url: str, title: str) -> str:
        """The address at which a host lets Channex in, good for two hours. Keep it out of every log."""
        if code != "ABB":
            raise Rejected("Only Airbnb is connected by a link", code="link")
        wanted = {"group_id": group_id, "properties": [property_id], "redirect_uri": back_url,
                  "failure_redirect_uri": back_url, "token": property_id, "title": title[:255]}  # fmt: skip
        url = self._attributes_of_link(wanted).get("url")
        if not isinstance(url, str) or not url.startswith(("https://", "http://")):
            raise Malformed("Channex answered without a link", field="data.attributes.url")
        return url

    def counts_by_itself(self, property_id: str) -> tuple[str, ...]:
        """The settings by which Channex would change availability besides us on changes and cancellations."""
        found = self._attributes("GET", at("/properties/{}", property_id)).get("settings")
        settings = found if isinstance(found, dict) else {}
        return tuple(name for name in COUNTING if settings.get(name) is True)

    def stop_counting(self, property_id: str) -> None:
        settings = dict.fromkeys(COUNTING, False)
        self._call("PUT", at("/properties/{}", property_id), json={"property": {"settings": settings}})

    def _data(self, method: str, path: str, json: Any) -> dict[str, Any]:
        data = self._call(method, path, json=json).get("data")
        if not isinstance(data, dict):
            raise Malformed("Channex answered without an object", field="data")
        return data

    def _attributes_of_link(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        found = self._data("POST", "/meta/airbnb/connection_link", {"connection_link": wanted}).get("attributes")
        return found if isinstance(found, dict) else {}


def _adapter(code: str) -> str:
    if code not in ADAPTER_OF:
        raise Rejected(f"We do not know how Channex calls {code}", code="unknown_ota")
    return ADAPTER_OF[code]


def _account(code: str, account_id: str) -> dict[str, Any]:
    name = "token" if code == "ABB" else "hotel_id"
    return {"channel": _adapter(code), "settings": {name: account_id}}


def _objects(holder: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = holder.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _product(room: Mapping[str, Any], rate: Mapping[str, Any], pricing: Any) -> OtaProduct:
    people = rate.get("max_persons")
    return OtaProduct(
        room_id=str(room.get("id") or ""),
        room_name=clean_text(str(room.get("title") or ""))[:LONGEST_NAME],
        rate_id=str(rate.get("id") or ""),
        rate_name=clean_text(str(rate.get("title") or ""))[:LONGEST_NAME],
        occupancy=people if isinstance(people, int) and not isinstance(people, bool) and people > 0 else None,
        pricing="OBP" if (rate.get("pricing") or pricing) == "OBP" else "Standard",  # "Standart" is their misprint
        readonly=rate.get("readonly") is True,
    )


def _mapping(each: OtaMapping) -> dict[str, Any]:
    settings = dict(each.raw) or {
        "room_type_code": _number(each.room_id),
        "rate_plan_code": _number(each.rate_id),
        "occupancy": each.occupancy,
        "pricing_type": each.pricing,
        "primary_occ": True,
        "readonly": False,
    }
    return {"rate_plan_id": each.rate_plan_id, "settings": settings}


def _read_mapping(found: Mapping[str, Any]) -> OtaMapping:
    settings = found.get("settings")
    said: Mapping[str, Any] = settings if isinstance(settings, dict) else {}
    return OtaMapping(
        rate_plan_id=str(found.get("rate_plan_id") or ""),
        room_id=str(said.get("room_type_code") or ""),
        rate_id=str(said.get("rate_plan_code") or ""),
        occupancy=occupancy if isinstance(occupancy := said.get("occupancy"), int) else 1,
        pricing=str(said.get("pricing_type") or "Standard"),
        raw=dict(said),
    )


def _number(code: str) -> int | str:
    """Booking.com's codes are numbers; what is none is passed on as it is."""
    return int(code) if code.isdecimal() else code
