"""Availability rules: what one OTA is shown less of, applied by Channex to what it sends there.

The room type's own availability stays as it is. Sources: docs.channex.io, Availability Rules Collection,
and the change log of 2026, read August 2026.
"""

from __future__ import annotations

from typing import Any

from providers.channel_types import RemoteLimit
from providers.channex.api import ChannexApi, at, attributes
from providers.errors import NotFound

PATH = "/channel_availability_rules"
_TYPES = {"closed": "close_out", "fewer": "availability_offset", "at_most": "max_availability"}
_DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")


class Limits(ChannexApi):
    def set_channel_limit(self, property_id: str, limit: RemoteLimit) -> str:
        wanted = {"channel_availability_rule": _rule(property_id, limit)}
        external_id = self._find(property_id, limit)
        if external_id is not None:
            try:
                return str(self._attributes("PUT", at(PATH + "/{}", external_id), json=wanted)["id"])
            except NotFound:
                pass  # removed there by hand: made anew
        return str(self._attributes("POST", PATH, json=wanted)["id"])

    def remove_channel_limit(self, property_id: str, limit: RemoteLimit) -> None:
        external_id = self._find(property_id, limit)
        if external_id is not None:
            try:
                self._call("DELETE", at(PATH + "/{}", external_id))
            except NotFound:
                return

    def _find(self, property_id: str, limit: RemoteLimit) -> str | None:
        """The id there: as we know it, else by our key in the title. The answer to a creation may have been lost."""
        if limit.external_id is not None:
            return limit.external_id
        for item in self._pages(PATH, {"filter[property_id]": property_id}):
            found = attributes(item)
            if found.get("title") == _title(limit):
                return str(found["id"])
        return None


def _rule(property_id: str, limit: RemoteLimit) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "property_id": property_id,
        "title": _title(limit),
        "type": _TYPES[limit.kind],
        "affected_channels": [limit.channel_id],
        "affected_room_types": list(limit.room_type_ids),
        "start_date": limit.first.isoformat(),
        "days": [_DAYS[day] for day in limit.weekdays],
    }
    if limit.kind != "closed":
        rule["value"] = limit.units
    if limit.last is not None:
        rule["end_date"] = limit.last.isoformat()
    return rule


def _title(limit: RemoteLimit) -> str:
    return f"Roomwire {limit.key}"
