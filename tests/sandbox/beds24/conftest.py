"""A client of the simulated Beds24, as a connector would be one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import requests

from sandbox.server import Server

ALL = ("confirmed", "request", "new", "cancelled", "black", "inquiry")


class Beds:
    """Speaks to the simulated Beds24 over HTTP. `token` is sent with each call once there is one."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.token = ""
        self.refresh_token = ""

    def call(self, method: str, path: str, json: Any = None, **more: Any) -> requests.Response:
        """An API call, whatever comes of it."""
        base, headers = more.pop("base", "/v2"), more.pop("headers", None)
        if headers is None:
            headers = {"token": self.token} if self.token else {}
        address = f"{self.url}{base}{path}"
        return self.session.request(method, address, json=json, headers=headers, timeout=20, **more)

    def get(self, path: str, **params: Any) -> Any:
        """The body of a successful read."""
        answer = self.call("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, items: Any) -> Any:
        """The verdicts of a write."""
        answer = self.call("POST", path, items)
        assert answer.status_code == 201, answer.text
        verdicts = answer.json()
        assert len(verdicts) == len(items)
        return verdicts

    def sim(self, path: str, json: Any = None, status: tuple[int, ...] = (200, 201)) -> Any:
        """The body of a control: a read without `json`, else a POST."""
        method = "GET" if json is None else "POST"
        answer = self.session.request(method, f"{self.url}/_sim{path}", json=json, timeout=20)
        assert answer.status_code in status, answer.text
        return answer.json()

    def control(self, path: str, json: Any = None, status: tuple[int, ...] = (200, 201)) -> Any:
        """A control of Beds24's own."""
        return self.sim(f"/beds24{path}", json, status)

    def hotel(self, **more: Any) -> Any:
        """A property with two doubles at 100.00, on Booking.com and Airbnb, and this client connected to it."""
        description = {
            "title": "Seaview South", "currency": "EUR", "timezone": "UTC", "open": True,
            "channels": ["booking", "airbnb"],
            "room_types": [{"title": "Double", "units": 2, "rate_plans": [{"title": "Flexible", "rate": 10_000}]}],
            **more,
        }  # fmt: skip
        made = self.control("/provision", {"properties": [description]})
        self.connect(made["code"])
        return made["properties"][0]

    def connect(self, code: str, device: str = "portal") -> Any:
        """Exchange an invite code and keep its tokens."""
        answer = self.call("GET", "/authentication/setup", headers={"code": code, "deviceName": device})
        assert answer.status_code == 200, answer.text
        self.token, self.refresh_token = answer.json()["token"], answer.json()["refreshToken"]
        return answer.json()

    def with_scopes(self, *scopes: str, **more: Any) -> Beds:
        """Another client of the same account, with these scopes."""
        other = Beds(self.url)
        other.connect(self.control("/invite", {"scopes": list(scopes), **more})["code"])
        return other

    def advance(self, seconds: float) -> None:
        """Move the provider's clock."""
        self.sim("/clock", {"advance": seconds})

    def night(self, days: int) -> str:
        """The date so many days from the provider's today, in UTC."""
        today = date.fromisoformat(self.sim("/clock")["now"][:10])
        return (today + timedelta(days=days)).isoformat()

    def stay(self, room: int, days: int = 3, nights: int = 2, **more: Any) -> dict[str, Any]:
        """The body of a new booking."""
        return {
            "roomId": room, "status": "confirmed", "arrival": self.night(days), "departure": self.night(days + nights),
            "numAdult": 2, "firstName": "Ada", "lastName": "Example", **more,
        }  # fmt: skip

    def book(self, room: int, **more: Any) -> int:
        """The id of a booking made through the API."""
        [verdict] = self.post("/bookings", [self.stay(room, **more)])
        assert verdict["success"], verdict
        return int(verdict["new"]["id"])

    def bookings(self, **params: Any) -> list[dict[str, Any]]:
        """Bookings of every status unless said."""
        rows: list[dict[str, Any]] = self.get("/bookings", **{"status": ALL, **params})["data"]
        return rows

    def calendar(self, room: int, first: str, last: str, *includes: str) -> list[dict[str, Any]]:
        """A room type's ranges."""
        flags = {f"include{name}": "true" for name in includes or ("NumAvail",)}
        answer = self.get("/inventory/rooms/calendar", roomId=room, startDate=first, endDate=last, **flags)
        rows: list[dict[str, Any]] = answer["data"][0]["calendar"]
        return rows

    def left(self, room: int, days: int) -> int:
        """`numAvail` of one night."""
        return int(self.calendar(room, self.night(days), self.night(days))[0]["numAvail"])

    def push(self, room: int, *ranges: dict[str, Any]) -> Any:
        """Write calendar ranges of one room; the verdict."""
        [verdict] = self.post("/inventory/rooms/calendar", [{"roomId": room, "calendar": list(ranges)}])
        return verdict

    def span(self, days: int, last: int | None = None, **values: Any) -> dict[str, Any]:
        """A calendar range."""
        return {"from": self.night(days), "to": self.night(days if last is None else last), **values}


@pytest.fixture
def beds(sandbox_in_process: Server) -> Iterator[Beds]:
    client = Beds(sandbox_in_process.url)
    client.sim("/reset", {})
    yield client
    client.session.close()


def room_of(hotel: Any, at: int = 0) -> int:
    """The id of a room type."""
    return int(hotel["room_types"][at]["id"])
