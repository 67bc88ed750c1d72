"""One admitted API call: who asks, for what, what it costs; and the verdict on each item of a write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from sandbox.beds24.errors import Refused
from sandbox.beds24.queries import Query
from sandbox.beds24.state import Property, Room, Token, World
from sandbox.web import Request, Response, answer

BODY_LIMIT = 1_000_000
ITEM_LIMIT = 10_000
SITE = "https://beds24.com/api/v2"


class Call:
    """An API request with its token. Handlers set `cost` when it is not one credit."""

    def __init__(self, world: World, request: Request, token: Token, path: str) -> None:
        self.world = world
        self.request = request
        self.token = token
        self.path = path
        self.query = Query(request.query_string)
        self.cost = 1.0

    def may(self, category: str, method: str) -> bool:
        """Whether the token's scopes cover this."""
        return f"all:{category}" in self.token.scopes or f"{method}:{category}" in self.token.scopes

    def sees(self, place: Property) -> bool:
        """Whether the token reaches a property."""
        token = self.token
        if place.owner_id != token.owner_id or (place.linked and not token.linked):
            return False
        return token.only_property in (None, place.id)

    def property(self, property_id: Any) -> Property | None:
        """A property the token reaches."""
        place = self.world.properties.get(property_id) if isinstance(property_id, int) else None
        if place is None or not self.sees(place):
            return None
        self.mention(place.id)
        return place

    def room(self, room_id: Any) -> Room | None:
        """A room type the token reaches; its id may come as a numeric string."""
        if isinstance(room_id, str) and room_id.isdecimal():
            room_id = int(room_id)
        room = self.world.rooms.get(room_id) if isinstance(room_id, int) else None
        return room if room and self.property(room.property_id) else None

    def mention(self, property_id: int) -> None:
        """Let the journal know which property a call was about."""
        self.request.property_ids.add(str(property_id))

    def asked_rooms(self) -> list[Room]:
        """The room types that `roomId` and `propertyId` ask for; all the token reaches when neither is there."""
        rooms, places = set(self.query.numbers("roomId")), set(self.query.numbers("propertyId"))
        found = [
            room
            for room in self.world.rooms.values()
            if (not rooms or room.id in rooms)
            and (not places or room.property_id in places)
            and self.sees(self.world.properties[room.property_id])
        ]
        for room in found if rooms or places else []:
            self.mention(room.property_id)
        return found

    def items(self) -> list[Any]:
        """The array a write carries. Raises Refused (400)."""
        if len(self.request.body) > BODY_LIMIT:
            raise Refused(413)
        try:
            value = orjson.loads(self.request.body)
        except ValueError as error:
            raise Refused(400, "Request body is not valid JSON") from error
        if not isinstance(value, list):
            raise Refused(400, "Request body must be an array")
        if len(value) > ITEM_LIMIT:
            raise Refused(400, f"Request body must have at most {ITEM_LIMIT} items")
        return value

    def listing(self, kind: str, rows: Sequence[Any], size: int) -> tuple[Response, int]:
        """One page of rows in the read envelope, and how many rows it has."""
        page = self.query.number("page", 1)
        shown = rows[(page - 1) * size : page * size]
        more = len(rows) > page * size
        # The real link names a host of theirs, whoever was asked: nobody should follow it.
        link = f"{SITE}{self.path}?page={page + 1}" if more else None
        envelope = {
            "success": True, "type": kind, "count": len(shown),
            "pages": {"nextPageExists": more, "nextPageLink": link}, "data": shown,
        }  # fmt: skip
        return answer(envelope), len(shown)


@dataclass(slots=True)
class Verdict:
    """What became of one item of a write. Errors make it a failure, warnings alone do not."""

    action: str
    new: dict[str, Any] | None = None
    modified: dict[str, Any] | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    info: list[dict[str, Any]] = field(default_factory=list)
    failed: bool = False

    def refuse(self, field_name: str, message: str = "invalid") -> None:
        """Add an error."""
        self.errors.append({"action": self.action, "field": field_name, "message": message})

    def warn(self, field_name: str, message: str = "invalid") -> None:
        """Add a warning."""
        self.warnings.append({"action": self.action, "field": field_name, "message": message})

    def view(self) -> dict[str, Any]:
        """The item of the answer: only the keys that have something to say."""
        shape: dict[str, Any] = {"success": not (self.errors or self.failed)}
        if self.new is not None:
            shape["new"] = self.new
        if self.modified is not None:
            shape["modified"] = self.modified
        said = {"errors": self.errors, "warnings": self.warnings, "info": self.info}
        return shape | {name: lines for name, lines in said.items() if lines}
