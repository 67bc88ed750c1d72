"""The page for people, and the controls for drills."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Client, eventually


def post(channex: Client, path: str, **form: Any) -> Any:
    return channex.session.post(channex.url + path, data=form, timeout=10)


def test_a_manager_can_practise_an_overbooking(channex: Client) -> None:
    hotel = channex.hotel()
    path = f"/properties/{hotel['id']}"
    plan_id = hotel["room_types"][0]["rate_plans"][0]["id"]
    stay = {"ota": "BDC", "check_in": channex.night(2), "nights": 1, "guests": 2, "rate_plan": plan_id}

    sold = [post(channex, f"{path}/book", **stay).text for _ in range(2)]
    full = post(channex, f"{path}/book", **stay).text
    oversold = post(channex, f"{path}/book", force="yes", **stay).text

    assert all("is new" in page for page in sold)
    assert "The OTA refused: no availability" in full
    assert "Oversold: Double" in oversold
    assert "forced" in oversold
    assert "nights oversold" in channex.session.get(channex.url).text


def test_a_booking_is_changed_and_cancelled_on_the_page(channex: Client) -> None:
    hotel = channex.hotel()
    path = f"/properties/{hotel['id']}"
    sold = channex.sim(f"/ota/{hotel['id']}/book", {"ota": "EXP", "check_in": channex.night(2)})

    changed = post(channex, f"{path}/modify", booking_id=sold["booking_id"], check_in=channex.night(4), nights="")
    cancelled = post(channex, f"{path}/cancel", booking_id=sold["booking_id"])

    assert "is modified" in changed.text
    assert f"{channex.night(4)} to {channex.night(5)}" in changed.text
    assert "is cancelled" in cancelled.text


def test_titles_are_escaped(channex: Client) -> None:
    hotel = channex.hotel(title="<script>alert(1)</script>")

    for path in ("/", f"/properties/{hotel['id']}"):
        page = channex.session.get(channex.url + path).text
        assert "<script>" not in page
        assert "&lt;script&gt;" in page


def test_faults_are_switched_on_and_off_on_the_page(channex: Client) -> None:
    on = post(channex, "/faults", drill="Channex is down (503)")
    down = channex.call("GET", "/groups").status_code
    off = post(channex, "/faults")

    assert "On: status 503" in on.text
    assert down == 503
    assert "No faults" in off.text


def test_webhooks_are_held_back_on_the_page(channex: Client) -> None:
    post(channex, "/switch", paused="yes")
    held = channex.sim("/switches")["webhooks_paused"]
    post(channex, "/switch", paused="no")

    assert (held, channex.sim("/switches")["webhooks_paused"]) == (True, False)


@pytest.mark.parametrize("path", ["/properties/none", "/properties/6a1c2f60-1111-4222-8333-444455556666", "/nothing"])
def test_what_is_not_there_is_not_found(channex: Client, path: str) -> None:
    assert channex.session.get(channex.url + path).status_code == 404


@pytest.mark.parametrize("change", [{"no_such": True}, {"feed_drop": "yes"}, {"webhook_loss": -1}])
def test_a_switch_takes_only_what_it_can_be(channex: Client, change: dict[str, Any]) -> None:
    assert "error" in channex.sim("/switches", change, status=(422,))


def test_the_clock_can_be_set_moved_and_frozen(channex: Client) -> None:
    set_to = channex.sim("/clock", {"set": "2027-03-01T12:00:00Z", "freeze": True})
    channex.advance(90)
    moved = channex.sim("/clock")
    channex.sim("/clock", {"freeze": False})

    assert set_to["now"].startswith("2027-03-01T12:00:00")
    assert moved["now"].startswith("2027-03-01T12:01:30")
    eventually(lambda: channex.sim("/clock")["now"] > moved["now"])


def test_cells_can_be_changed_behind_the_clients_back(channex: Client) -> None:
    hotel = channex.hotel()
    [room] = hotel["room_types"]
    plan_id, night = room["rate_plans"][0]["id"], channex.night(3)
    cells = [
        {"room_type_id": room["id"], "date": night, "availability": 7},
        {"rate_plan_id": plan_id, "date": night, "rate": "321.00", "stop_sell": True},
    ]

    done = channex.sim(f"/calendar/{hotel['id']}", {"cells": cells})

    calendar = channex.sim(f"/calendar/{hotel['id']}?first={night}&last={night}")
    assert done == {"changed": 2, "warnings": []}
    assert calendar["availability"][room["id"]] == {night: 7}
    assert calendar["rate_plans"][plan_id][night]["rate"] == "321.00"
    assert calendar["rate_plans"][plan_id][night]["stop_sell"] is True
    assert channex.sim("/journal")["calls"] == []


def test_a_channel_is_connected_by_hand(channex: Client) -> None:
    hotel = channex.hotel(channels=[])

    channel = channex.sim(f"/properties/{hotel['id']}/channels", {"code": "AGO"})

    assert channel["attributes"]["is_active"] is True
    assert len(channel["attributes"]["rate_plans"]) == 2


def test_a_reset_empties_everything(channex: Client) -> None:
    channex.hotel()
    channex.sim("/switches", {"feed_drop": False})

    channex.sim("/reset", {})

    assert channex.get("/properties")["data"] == []
    assert channex.sim("/ledger")["bookings"] == []
    assert channex.sim("/switches")["feed_drop"] is True
