"""Faults on demand, and the journal that tells what was called."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import Client, eventually


def fault(channex: Client, **rule: Any) -> Any:
    return channex.sim("/faults", rule)["faults"][0]


def push(channex: Client, hotel: Any, availability: int, timeout: float = 5) -> requests.Response:
    [room] = hotel["room_types"]
    value = {"property_id": hotel["id"], "date": channex.night(1), "room_type_id": room["id"]}
    body = {"values": [{**value, "availability": availability}]}
    url = f"{channex.url}/api/v1/availability"
    return requests.post(url, json=body, headers={"user-api-key": "test-key"}, timeout=timeout)


def free(channex: Client, hotel: Any) -> int:
    calendar = channex.sim(f"/calendar/{hotel['id']}")
    return int(calendar["availability"][hotel["room_types"][0]["id"]][channex.night(1)])


@pytest.mark.parametrize("status", [401, 403, 404, 422, 429, 500, 503])
def test_any_documented_status_can_be_had(channex: Client, status: int) -> None:
    fault(channex, kind="status", status=status, retry_after=7, times=1)

    first, second = channex.call("GET", "/groups"), channex.call("GET", "/groups")

    assert (first.status_code, second.status_code) == (status, 200)
    assert first.headers["Retry-After"] == "7"
    assert set(first.json()["errors"]) == {"code", "title"}


def test_a_rule_strikes_only_what_it_names(channex: Client) -> None:
    north, south = channex.hotel(), channex.hotel(title="South")
    match = {"method": "POST", "path_prefix": "/availability", "property_id": north["id"]}
    fault(channex, kind="status", status=503, match=match)

    assert push(channex, north, 1).status_code == 503
    assert push(channex, south, 1).status_code == 200
    assert channex.call("GET", "/groups").status_code == 200


def test_a_rule_may_strike_every_third_call(channex: Client) -> None:
    fault(channex, kind="status", status=500, every=3)

    assert [channex.call("GET", "/groups").status_code for _ in range(6)] == [200, 200, 500, 200, 200, 500]


def test_a_silent_provider_has_done_nothing_or_everything(channex: Client) -> None:
    hotel = channex.hotel()

    fault(channex, kind="timeout", times=1)
    with pytest.raises(requests.ReadTimeout):
        push(channex, hotel, 0, timeout=0.3)
    untouched = free(channex, hotel)
    fault(channex, kind="commit_then_timeout", times=1)
    with pytest.raises(requests.ReadTimeout):
        push(channex, hotel, 0, timeout=0.3)

    assert (untouched, free(channex, hotel)) == (2, 0)


def test_a_connection_can_be_reset(channex: Client) -> None:
    fault(channex, kind="reset", times=1)

    with pytest.raises(requests.ConnectionError):
        push(channex, channex.hotel(), 0)


def test_an_answer_can_end_in_the_middle(channex: Client) -> None:
    fault(channex, kind="truncated", times=1)

    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        push(channex, channex.hotel(), 0)


@pytest.mark.parametrize("kind", ["garbage", "html"])
def test_an_answer_can_be_no_json(channex: Client, kind: str) -> None:
    fault(channex, kind=kind, times=1)

    answer = channex.call("GET", "/groups")

    assert answer.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_an_answer_can_drip_or_be_slow(channex: Client) -> None:
    fault(channex, kind="slow", delay=0.3, times=1)
    started = time.monotonic()
    slow = channex.call("GET", "/channels")
    took = time.monotonic() - started
    fault(channex, kind="drip", delay=0.01, times=1)
    started = time.monotonic()
    dripped = channex.call("GET", "/channels")

    assert took >= 0.3
    assert time.monotonic() - started >= 0.01 * len(dripped.content) * 0.9
    assert slow.json() == dripped.json()


def test_the_whole_provider_can_refuse_connections_for_a_while(channex: Client) -> None:
    fault(channex, kind="refuse", seconds=0.6)

    def refused() -> bool:
        try:
            requests.get(channex.url, timeout=1)
        except requests.ConnectionError as error:
            return "refused" in str(error)
        return False

    eventually(refused)
    channex.session.close()
    eventually(lambda: not refused())
    assert channex.call("GET", "/groups").status_code == 200


def test_dropping_the_rules_lets_go_of_waiting_calls(channex: Client) -> None:
    rule = fault(channex, kind="slow", delay=30)
    requests.delete(f"{channex.url}/_sim/faults/{rule['id']}", timeout=5)

    started = time.monotonic()
    channex.call("GET", "/groups")

    assert time.monotonic() - started < 5
    assert channex.sim("/faults")["faults"] == []


@pytest.mark.parametrize("rule", [{"kind": "earthquake"}, {"kind": "status", "times": "many"}, {}])
def test_a_rule_that_makes_no_sense_is_refused(channex: Client, rule: dict[str, Any]) -> None:
    assert "error" in channex.sim("/faults", rule, status=(422,))


def test_controls_and_pages_are_beyond_the_reach_of_faults(channex: Client) -> None:
    fault(channex, kind="status", status=500)

    assert channex.sim("/health") == {"status": "ok"}
    assert channex.session.get(channex.url).status_code == 200


def test_the_journal_tells_exactly_what_was_called(channex: Client) -> None:
    hotel = channex.hotel()
    push(channex, hotel, 1)
    fault(channex, kind="timeout", delay=0.05, times=1)
    with pytest.raises(requests.ConnectionError):
        push(channex, hotel, 0)
    channex.call("GET", "/groups")

    calls = channex.sim(f"/journal?property_id={hotel['id']}&endpoint=/availability")["calls"]
    after = channex.sim(f"/journal?since={calls[-1]['id']}")["calls"]
    counts = channex.sim("/journal/counts")

    answered, silent = calls
    assert (answered["status"], answered["fault"]) == (200, None)
    assert '"availability": 1' in answered["request_body"]
    assert answered["request_bytes"] == len(answered["request_body"])
    assert '"task"' in answered["response_body"]
    assert silent["status"] is None
    assert [call["endpoint"] for call in after] == ["GET /api/v1/groups"]
    assert counts["by_endpoint"] == {"GET /api/v1/groups": 1, "POST /api/v1/availability": 2}


def test_the_journal_can_be_emptied(channex: Client) -> None:
    channex.call("GET", "/groups")

    requests.delete(f"{channex.url}/_sim/journal", timeout=5)

    assert channex.sim("/journal")["calls"] == []
    assert channex.sim("/journal/counts")["total"] == 0
