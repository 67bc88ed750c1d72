"""The pages for people."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.sandbox.beds24.conftest import Beds


def post(beds: Beds, path: str, **form: Any) -> str:
    return beds.session.post(beds.url + path, data=form, timeout=10).text


def test_a_manager_can_practise_an_overbooking_at_beds24(beds: Beds) -> None:
    hotel = beds.hotel()
    path = f"/beds24/{hotel['id']}"
    stay = {"ota": "booking", "check_in": beds.night(2), "nights": 1, "guests": 2}

    sold = [post(beds, f"{path}/book", **stay) for _ in range(2)]
    full = post(beds, f"{path}/book", **stay)
    oversold = post(beds, f"{path}/book", force="yes", **stay)

    assert all("is new, booking 9" in page for page in sold)
    assert "The OTA refused: no availability" in full
    assert "Oversold: Double" in oversold
    assert "1 nights oversold" in beds.session.get(beds.url).text


def test_a_booking_is_changed_and_cancelled_on_the_page(beds: Beds) -> None:
    hotel = beds.hotel()
    path = f"/beds24/{hotel['id']}"
    sold = beds.control(f"/ota/{hotel['id']}/book", {"ota": "airbnb", "check_in": beds.night(2)})

    changed = post(beds, f"{path}/modify", booking_id=sold["booking_id"], check_in=beds.night(4), nights="")
    cancelled = post(beds, f"{path}/cancel", booking_id=sold["booking_id"])

    assert f"{beds.night(4)} to {beds.night(5)}" in changed
    assert "is cancelled" in cancelled


def test_the_code_a_person_makes_on_the_page_connects_a_client(beds: Beds) -> None:
    beds.hotel()

    page = post(beds, "/beds24/invite")

    code = re.search(r"Invite code: ([A-Za-z0-9+/=]+)", page)
    assert code and beds.connect(code[1])["expiresIn"] == 86_400


def test_names_are_escaped_and_strangers_not_found(beds: Beds) -> None:
    hotel = beds.hotel(title="<script>alert(1)</script>")

    for path in ("/", "/beds24", f"/beds24/{hotel['id']}"):
        page = beds.session.get(beds.url + path)
        assert page.status_code == 200
        assert "<script>" not in page.text
        assert "&lt;script&gt;" in page.text
    assert beds.session.get(f"{beds.url}/beds24/1").status_code == 404


def test_faults_and_webhooks_are_switched_on_the_page(beds: Beds) -> None:
    beds.hotel()
    on = post(beds, "/beds24/faults", drill="Credits are gone (429)")
    gone = beds.call("GET", "/properties").status_code
    off = post(beds, "/beds24/faults")
    post(beds, "/beds24/switch", paused="yes")
    held = beds.control("/switches")["webhooks_paused"]

    assert "On: status 429" in on
    assert (gone, held) == (429, True)
    assert "No faults" in off


@pytest.mark.parametrize("change", [{"no_such": True}, {"default_window": "yes"}, {"webhook_loss": -1}])
def test_a_switch_takes_only_what_it_can_be(beds: Beds, change: dict[str, Any]) -> None:
    assert "error" in beds.control("/switches", change, status=(422,))


def test_the_calendar_can_be_read_and_changed_behind_the_clients_back(beds: Beds) -> None:
    hotel = beds.hotel()
    [room] = hotel["room_types"]
    change = {"roomId": room["id"], "from": beds.night(1), "to": beds.night(1), "price1": 55, "override": "blackout"}

    done = beds.control(f"/calendar/{hotel['id']}", {"ranges": [change]})

    night = beds.night(1)
    [row] = beds.control(f"/calendar/{hotel['id']}?first={night}&last={night}")["rooms"]
    assert done["changed"] == 1
    assert row["free"] == [2]
    assert (row["calendar"][0]["numAvail"], row["calendar"][0]["price1"]) == (0, 55)
    assert beds.control("/journal/counts")["total"] == 1


def test_a_reset_empties_everything(beds: Beds) -> None:
    beds.hotel()
    beds.control("/switches", {"default_window": False})

    beds.sim("/reset", {})

    assert beds.call("GET", "/properties").status_code == 401
    assert beds.control("/ledger")["bookings"] == []
    assert beds.control("/switches")["default_window"] is True
    assert beds.control("/credits")["accounts"] == []


@pytest.mark.parametrize("path", ["/properties/1/channels", "/calendar/1", "/panel/1", "/ota/1/book"])
def test_a_control_of_what_is_not_there_says_so(beds: Beds, path: str) -> None:
    assert "error" in beds.control(path, {}, status=(422,))


def test_an_ota_can_be_connected_later(beds: Beds) -> None:
    hotel = beds.hotel(channels=[])

    beds.control(f"/properties/{hotel['id']}/channels", {"code": "EXP"})

    assert beds.control(f"/ota/{hotel['id']}/book", {"check_in": beds.night(2)})["channel"] == "expedia"
