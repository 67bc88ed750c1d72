"""A simulated Channex on a port of its own, and somebody to receive its webhooks."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import orjson
import pytest
import requests

from sandbox.app import Sandbox
from sandbox.server import Server
from sandbox.web import Request, Response

KEY = "test-key"
PAUSE = threading.Event()


class Client:
    """Speaks to the sandbox over HTTP, as a connector would."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()

    def call(self, method: str, path: str, json: Any = None, **more: Any) -> requests.Response:
        """An API call with the key."""
        headers = {"user-api-key": KEY, **more.pop("headers", {})}
        return self.session.request(method, f"{self.url}/api/v1{path}", json=json, headers=headers, timeout=20, **more)

    def get(self, path: str, **params: Any) -> Any:
        """The body of a successful read."""
        answer = self.call("GET", path, params={name.replace("__", ""): value for name, value in params.items()})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, json: Any = None) -> Any:
        """The body of a successful write."""
        answer = self.call("POST", path, json)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def sim(self, path: str, json: Any = None, status: tuple[int, ...] = (200, 201)) -> Any:
        """The body of a control: a read without `json`, else a POST."""
        method = "GET" if json is None else "POST"
        answer = self.session.request(method, f"{self.url}/_sim{path}", json=json, timeout=20)
        assert answer.status_code in status, answer.text
        return answer.json()

    def hotel(self, **more: Any) -> Any:
        """A property open for sale: two doubles at 100.00, two plans, every OTA connected."""
        plans = [{"title": "Flexible", "rate": 10000}, {"title": "Breakfast", "rate": 12000}]
        description = {
            "title": "Seaview North", "currency": "EUR", "timezone": "UTC", "open": True,
            "channels": ["BDC", "EXP", "ABB", "AGO"],
            "room_types": [{"title": "Double", "units": 2, "occ": 2, "rate_plans": plans}], **more,
        }  # fmt: skip
        return self.sim("/provision", {"properties": [description]})["properties"][0]

    def advance(self, seconds: float) -> None:
        """Move the provider's clock."""
        self.sim("/clock", {"advance": seconds})

    def night(self, days: int) -> str:
        """The date so many days from the provider's today, in UTC."""
        today = date.fromisoformat(self.sim("/clock")["now"][:10])
        return (today + timedelta(days=days)).isoformat()

    def feed(self, **params: Any) -> list[dict[str, Any]]:
        """The rows of the feed's first page."""
        rows: list[dict[str, Any]] = self.get("/booking_revisions/feed", **params)["data"]
        return rows


@dataclass
class Receiver:
    """A webhook endpoint that keeps what it gets and answers what it was told to."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    got: queue.Queue[tuple[dict[str, Any], Request]] = field(default_factory=queue.Queue)

    def handle(self, request: Request) -> Response:
        """Keep one delivery."""
        self.got.put((orjson.loads(request.body), request))
        return Response(self.answers.pop(0) if self.answers else 200, b"{}")

    def next(self) -> dict[str, Any]:
        """The next delivery's envelope."""
        return self.got.get(timeout=5)[0]

    def events(self, count: int) -> list[str]:
        """The events of the next deliveries, sorted."""
        return sorted(self.next()["event"] for _ in range(count))

    def is_quiet(self) -> bool:
        """Whether nothing else has come."""
        return self.got.empty()


def serve(handler: Callable[[Request], Response]) -> Server:
    """A server in a thread of its own."""
    server = Server(handler)
    threading.Thread(target=server.serve, daemon=True).start()
    return server


@pytest.fixture(scope="session")
def sandbox_in_process() -> Iterator[Server]:
    sandbox = Sandbox(KEY)
    server = serve(sandbox.handle)
    sandbox.refuse = server.go_dark
    sandbox.start()
    yield server
    server.stop()
    sandbox.stop()


@pytest.fixture
def channex(sandbox_in_process: Server) -> Iterator[Client]:
    client = Client(sandbox_in_process.url)
    client.sim("/reset", {})
    yield client
    client.session.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    server = serve(receiver.handle)
    receiver.url = f"{server.url}/hooks"
    yield receiver
    server.stop()


def eventually(check: Callable[[], Any], seconds: float = 5) -> Any:
    """What `check` returns as soon as it is true; the test fails when that takes too long."""
    deadline = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        assert time.monotonic() < deadline, f"still {found!r} after {seconds} s"
        PAUSE.wait(0.02)


def register(channex: Client, receiver: Receiver, **attributes: Any) -> dict[str, Any]:
    """An active global webhook with data, unless told otherwise."""
    hook = {
        "callback_url": receiver.url, "event_mask": "*", "property_id": None, "is_global": True, "is_active": True,
        "send_data": True, "headers": {"X-Channex-Webhook-Secret": "s3cret"}, **attributes,
    }  # fmt: skip
    made: dict[str, Any] = channex.post("/webhooks", {"webhook": hook})["data"]
    return made
