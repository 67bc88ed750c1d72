"""Credits: costs, headers, the five minutes, 429."""

from __future__ import annotations

from threading import Thread
from typing import Any

import pytest

from tests.sandbox.beds24.conftest import ALL, Beds, room_of
from tests.sandbox.conftest import eventually

LEFT, ENDS, COST = "x-five-min-limit-remaining", "x-five-min-limit-resets-in", "x-request-cost"


def test_each_answer_tells_its_cost_and_what_is_left(beds: Beds) -> None:
    beds.hotel()

    answers = [beds.call("GET", "/properties") for _ in range(2)]

    # The exchange of the invite code cost half a credit.
    assert [(each.headers[COST], each.headers[LEFT]) for each in answers] == [("1", "98.5"), ("1", "97.5")]
    assert 0 < int(answers[0].headers[ENDS]) <= 300
    assert not any(name.lower().startswith("x-fivemin") for name in answers[0].headers)


@pytest.mark.parametrize(
    ("method", "path", "params", "cost"),
    [
        ("GET", "/bookings", {}, "1"),
        ("GET", "/bookings", {"includeGuests": "true", "includeInvoiceItems": "true"}, "1.2"),
        ("GET", "/inventory/rooms/calendar", {"startDate": "2027-01-01", "endDate": "2027-03-01"}, "1"),
        ("GET", "/properties", {"includeAllRooms": "true"}, "1.1"),
        ("POST", "/bookings", {}, "1.1"),
    ],
)
def test_a_call_costs_what_it_costs_in_life(
    beds: Beds, method: str, path: str, params: dict[str, Any], cost: str
) -> None:
    room = room_of(beds.hotel())

    answer = beds.call(method, path, [beds.stay(room)] if method == "POST" else None, params=params)

    assert answer.headers[COST] == cost


def test_a_full_page_costs_half_a_credit_more(beds: Beds) -> None:
    beds.hotel()
    beds.control("/bookings", {"count": 3, "webhooks": False})
    beds.control("/switches", {"bookings_page_size": 3})

    assert beds.call("GET", "/bookings", params={"status": ALL}).headers[COST] == "1.5"


def test_a_bad_request_costs_nothing(beds: Beds) -> None:
    beds.hotel()
    before = beds.call("GET", "/properties").headers[LEFT]

    refused = beds.call("GET", "/bookings", params={"arrivalFrom": "P1D"})

    assert refused.status_code == 400
    assert COST not in refused.headers
    assert refused.headers[LEFT] == before


def test_without_credits_nothing_succeeds_until_the_window_ends(beds: Beds) -> None:
    hotel = beds.hotel()
    beds.control("/credits", {"owner_id": hotel["owner_id"], "left": 1})

    last = beds.call("GET", "/properties")
    refused = beds.call("GET", "/properties")
    beds.advance(int(refused.headers[ENDS]) + 1)
    later = beds.call("GET", "/properties")

    assert (last.status_code, refused.status_code, later.status_code) == (200, 429, 200)
    assert refused.json()["code"] == 429
    assert refused.headers[LEFT] == "0"
    assert "Retry-After" not in refused.headers
    assert later.headers[LEFT] == "99"


def test_all_tokens_of_an_account_share_its_credits_and_other_accounts_have_their_own(beds: Beds) -> None:
    hotel = beds.hotel()
    sibling = beds.with_scopes("all:properties", owner_id=hotel["owner_id"])
    stranger = beds.with_scopes("all:properties", owner_id=900_100)
    beds.control("/credits", {"owner_id": hotel["owner_id"], "left": 0})

    assert sibling.call("GET", "/properties").status_code == 429
    assert stranger.call("GET", "/properties").status_code == 200


def test_an_account_may_have_more_credits(beds: Beds) -> None:
    hotel = beds.hotel()

    beds.control("/credits", {"owner_id": hotel["owner_id"], "limit": 200})

    assert beds.call("GET", "/properties").headers[LEFT] == "198.5"


def test_calls_made_at_once_are_counted(beds: Beds) -> None:
    beds.hotel()
    beds.control("/switches", {"answer_seconds": 0.3})
    calls = [Thread(target=beds.call, args=("GET", "/properties")) for _ in range(2)]

    for each in calls:
        each.start()
    most = eventually(lambda: beds.control("/credits")["accounts"][0]["most_at_once"] == 2)
    for each in calls:
        each.join()

    assert most
    assert beds.control("/credits")["accounts"][0]["calls"] == 3
