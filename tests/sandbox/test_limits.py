"""Rate limits: ten a minute per property and ARI endpoint (reference section 1.6)."""

from __future__ import annotations

from typing import Any

from tests.sandbox.conftest import Client


def push(channex: Client, hotel: Any, kind: str = "availability") -> Any:
    [room] = hotel["room_types"]
    value = {"property_id": hotel["id"], "date": channex.night(1), "room_type_id": room["id"], "availability": 1}
    if kind == "restrictions":
        value = {"property_id": hotel["id"], "date": channex.night(1), "rate_plan_id": room["rate_plans"][0]["id"],
                 "rate": 100}  # fmt: skip
    return channex.call("POST", f"/{kind}", {"values": [value]})


def test_the_eleventh_call_of_a_minute_is_refused_until_the_window_ends(channex: Client) -> None:
    channex.sim("/clock", {"freeze": True})
    hotel = channex.hotel()

    codes = [push(channex, hotel).status_code for _ in range(10)]
    refused = push(channex, hotel)
    channex.advance(40)
    still = push(channex, hotel)
    channex.advance(20)

    assert codes == [200] * 10
    assert refused.status_code == 429
    assert refused.json()["errors"] == {"code": "http_too_many_requests", "title": "Too Many Requests"}
    assert refused.headers["ratelimit"] == '"availability";r=0;t=60'
    assert (refused.headers["Retry-After"], still.headers["Retry-After"]) == ("60", "20")
    assert push(channex, hotel).status_code == 200


def test_endpoints_and_properties_are_counted_apart(channex: Client) -> None:
    north, south = channex.hotel(), channex.hotel(title="Seaview South")

    for _ in range(11):
        last = push(channex, north)

    assert last.status_code == 429
    assert push(channex, north, "restrictions").status_code == 200
    assert push(channex, south).status_code == 200


def test_every_answer_tells_what_is_left(channex: Client) -> None:
    answer = push(channex, channex.hotel(), "restrictions")

    assert answer.headers["ratelimit-policy"] == '"restrictions";q=10;w=60'
    assert answer.headers["ratelimit"].startswith('"restrictions";r=9;t=')


def test_the_limits_can_be_as_loose_as_on_staging(channex: Client) -> None:
    channex.sim("/switches", {"strict_rate_limits": False})
    hotel = channex.hotel()

    codes = {push(channex, hotel).status_code for _ in range(15)}

    assert codes == {200}
    assert push(channex, hotel).headers["ratelimit-policy"] == '"availability";q=6000;w=60'


def test_a_refusal_may_come_without_retry_after(channex: Client) -> None:
    channex.sim("/switches", {"send_retry_after": False, "rate_limit_per_minute": 1})
    hotel = channex.hotel()
    push(channex, hotel)

    refused = push(channex, hotel)

    assert refused.status_code == 429
    assert "Retry-After" not in refused.headers


def test_other_endpoints_have_no_limit(channex: Client) -> None:
    assert {channex.call("GET", "/groups").status_code for _ in range(30)} == {200}
