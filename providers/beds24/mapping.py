"""Their words and ours for accounts, properties, room types and price slots. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from providers.beds24.words import object_id, optional_id
from providers.errors import Malformed
from providers.strict_fields import amount, count, moment, text
from providers.types import AccountDetails, RemoteProperty, RemoteRatePlan, RemoteRoomType

SLOTS = 16
_PLAN = re.compile(r"([1-9][0-9]{0,17}):([1-9]|1[0-6])", re.ASCII)


def plan_id(room_id: str, slot: int) -> str:
    """Return our name of a price slot: Beds24 numbers them from 1 to 16 within each room type."""
    return f"{room_id}:{slot}"


def split_plan(external_id: str) -> tuple[str, int] | None:
    """Return the room type and the slot of a plan's name, `None` when it is no such name."""
    match = _PLAN.fullmatch(external_id)
    return (match[1], int(match[2])) if match else None


def account(body: Mapping[str, Any]) -> AccountDetails | None:
    """Return what Beds24 says of a token; `None` when it says that the token is not valid."""
    if body.get("validToken") is not True:
        return None
    found = body.get("token")
    if not isinstance(found, dict):
        raise Malformed("Beds24 says nothing of our token", field="token")
    return AccountDetails(
        owner_id=object_id(found.get("ownerId"), "token.ownerId"),
        scopes=_texts(found.get("scopes")),
        expires_in=_seconds(found.get("expiresIn")),
        created_at=_optional_moment(found.get("created"), "token.created"),
        label=text(found.get("deviceName"), 200),
        linked_properties=found.get("linkedProperties") is True,
        only_property_id=optional_id(found.get("onlyPropertyId"), "token.onlyPropertyId"),
        allowed_addresses=_texts(found.get("whiteList")) if found.get("whiteListOnly") is True else (),
    )


def remote_property(item: Mapping[str, Any]) -> RemoteProperty:
    identity = object_id(item.get("id"), "id")
    currency, country = text(item.get("currency"), 10), text(item.get("country"), 10)
    return RemoteProperty(
        external_id=identity,
        name=text(item.get("name"), 255) or identity,
        currency=currency.upper() if currency and len(currency) == 3 else None,
        country=country.upper() if country and len(country) == 2 else None,
        city=text(item.get("city"), 200),
    )


def products(found: Mapping[str, Any]) -> tuple[RemoteRoomType, ...]:
    rooms = found.get("roomTypes")
    if not isinstance(rooms, list):
        raise Malformed("Beds24 shows a property without its room types", field="roomTypes")
    currency = remote_property(found).currency
    return tuple(_room_type(room, currency, f"roomTypes[{index}]") for index, room in enumerate(rooms))


def _room_type(room: Any, currency: str | None, field: str) -> RemoteRoomType:
    if not isinstance(room, dict):
        raise Malformed(f"{field} is not an object", field=field)
    identity = object_id(room.get("id"), f"{field}.id")
    people = _number(room.get("maxPeople"))
    rules = room.get("priceRules")
    slots = [rule for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []
    # A room type whose rules are not shown still has its first slot: prices can be written without one.
    plans = (
        [_rate_plan(rule, identity, currency, people) for rule in slots if _is_ours_to_price(rule)]
        if slots
        else [RemoteRatePlan(plan_id(identity, 1), "Price 1", identity, currency, people)]
    )
    adults = _number(room.get("maxAdult"))
    return RemoteRoomType(
        external_id=identity,
        name=text(room.get("name"), 255) or identity,
        units=_number(room.get("qty")),
        max_adults=people if adults is None else adults,
        rate_plans=tuple(plans),
    )


def _rate_plan(rule: Mapping[str, Any], room_id: str, currency: str | None, people: int | None) -> RemoteRatePlan:
    slot = _number(rule.get("id")) or 0
    priced = rule.get("priceFor")
    upto = _number(priced.get("upToPersonValue")) if isinstance(priced, dict) else None
    return RemoteRatePlan(
        external_id=plan_id(room_id, slot),
        name=text(rule.get("name"), 255) or f"Price {slot}",
        room_type_external_id=room_id,
        currency=currency,
        occupancy=upto or people,
    )


def _is_ours_to_price(rule: Mapping[str, Any]) -> bool:
    """True for a slot that holds prices of its own. One linked to another follows it, whatever is written."""
    link = rule.get("priceLinking")
    linked = isinstance(link, dict) and bool(link.get("priceId") or link.get("roomId"))
    return 1 <= (_number(rule.get("id")) or 0) <= SLOTS and not linked


def _number(value: Any) -> int | None:
    """Return a whole number that Beds24 may also write as text; `None` when it is none."""
    try:
        return count(value, "")
    except Malformed:
        return None


def _seconds(value: Any) -> float:
    """Return what is left of a token's life; nothing when Beds24 does not say."""
    return float(amount(value, "token.expiresIn")) if value not in (None, "") else 0.0


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(item)[:100] for item in value[:100] if isinstance(item, str)) if isinstance(value, list) else ()


def _optional_moment(value: Any, field: str) -> datetime | None:
    return None if value in (None, "") else moment(value, field)
