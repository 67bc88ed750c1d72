"""Revisions, the feed, acknowledgement and what bookings do to availability: reference section 4."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Client, Receiver, eventually, register


def book(channex: Client, hotel: Any, **more: Any) -> Any:
    return channex.sim(f"/ota/{hotel['id']}/book", {"ota": "BDC", "check_in": channex.night(5), "nights": 2, **more})


def free(channex: Client, hotel: Any, day: int) -> int:
    query = {"filter[property_id]": hotel["id"], "filter[date]": channex.night(day)}
    data = channex.get("/availability", **query)["data"]
    return int(data[hotel["room_types"][0]["id"]][channex.night(day)])


def bulk(channex: Client, count: int, **more: Any) -> Any:
    return channex.sim("/bookings", {"count": count, "webhooks": False, **more})["bookings"]


def test_a_revision_carries_the_whole_booking(channex: Client) -> None:
    hotel = channex.hotel()
    sold = book(channex, hotel)

    [row] = channex.feed()

    have = row["attributes"]
    [room] = have["rooms"]
    assert (row["type"], row["id"]) == ("booking_revision", sold["revision_id"])
    assert row["relationships"]["data"]["booking"]["id"] == sold["booking_id"]
    assert (have["status"], have["ota_name"], have["acknowledge_status"]) == ("new", "BookingCom", "pending")
    assert have["unique_id"] == f"BDC-{have['ota_reservation_code']}"
    assert (have["amount"], have["currency"], have["ota_commission"]) == ("200.00", "EUR", "30.00")
    assert room["days"] == {channex.night(5): "100.00", channex.night(6): "100.00"}
    assert (room["checkin_date"], room["checkout_date"]) == (channex.night(5), channex.night(7))
    assert have["guarantee"]["card_number"] == "411111******1111"
    assert not have["inserted_at"].endswith("Z")


def test_the_feed_is_ascending_and_acknowledging_shrinks_it(channex: Client) -> None:
    channex.hotel()
    made = [each["revision_id"] for each in bulk(channex, 25)]

    first = channex.get("/booking_revisions/feed", **{"order[inserted_at]": "asc"})
    for row in first["data"]:
        channex.post(f"/booking_revisions/{row['id']}/ack")
    second = channex.get("/booking_revisions/feed", **{"pagination[limit]": 100})

    assert [row["id"] for row in first["data"]] == made[:10]
    assert first["meta"]["total"] == 25
    assert [row["id"] for row in second["data"]] == made[10:]


def test_the_feed_spans_properties_and_can_be_asked_for_one(channex: Client) -> None:
    north, south = channex.hotel(), channex.hotel(title="Seaview South")
    book(channex, north)
    book(channex, south)

    everything = channex.feed()
    one = channex.feed(**{"filter[property_id]": south["id"]})

    assert len(everything) == 2
    assert [row["attributes"]["property_id"] for row in one] == [south["id"]]


def test_acknowledging_twice_changes_nothing_and_takes_the_card_away(channex: Client) -> None:
    sold = book(channex, channex.hotel())
    path = f"/booking_revisions/{sold['revision_id']}"

    answers = [channex.post(f"{path}/ack") for _ in range(2)]

    have = channex.get(path)["data"]["attributes"]
    assert answers == [{"meta": {"message": "Success"}}] * 2
    assert (have["acknowledge_status"], have["guarantee"]) == ("acknowledged", None)
    assert channex.feed() == []


def test_a_booking_id_does_not_acknowledge(channex: Client) -> None:
    sold = book(channex, channex.hotel())

    assert channex.call("POST", f"/booking_revisions/{sold['booking_id']}/ack").status_code == 404


def test_a_new_booking_lowers_availability_and_its_end_does_not_raise_it(channex: Client) -> None:
    hotel = channex.hotel()

    sold = book(channex, hotel)
    after_new = [free(channex, hotel, day) for day in (4, 5, 6, 7)]
    channex.sim(f"/ota/{hotel['id']}/modify", {"booking_id": sold["booking_id"], "check_in": channex.night(9)})
    channex.sim(f"/ota/{hotel['id']}/cancel", {"code": sold["code"]})
    after_all = [free(channex, hotel, day) for day in (4, 5, 6, 7, 9)]

    assert after_new == [2, 1, 1, 2]
    assert after_all == [2, 1, 1, 2, 2]


def test_the_settings_can_make_channex_move_availability_on_changes_too(channex: Client) -> None:
    hotel = channex.hotel()
    names = ("modification", "cancellation")
    settings = {f"allow_availability_autoupdate_on_{name}": True for name in names}
    channex.call("PUT", f"/properties/{hotel['id']}", {"property": {"settings": settings}})

    sold = book(channex, hotel)
    channex.sim(f"/ota/{hotel['id']}/modify", {"booking_id": sold["booking_id"], "check_in": channex.night(6)})
    moved = [free(channex, hotel, day) for day in (5, 6, 7)]
    channex.sim(f"/ota/{hotel['id']}/cancel", {"code": sold["code"]})

    assert moved == [2, 1, 1]
    assert [free(channex, hotel, day) for day in (5, 6, 7)] == [2, 2, 2]


def test_after_thirty_minutes_a_revision_warns_and_leaves_the_feed(channex: Client, receiver: Receiver) -> None:
    register(channex, receiver, event_mask="non_acked_booking")
    sold = book(channex, channex.hotel())
    channex.feed()

    channex.advance(29 * 60)
    still_there = len(channex.feed())
    channex.advance(61)

    envelope = receiver.next()
    assert still_there == 1
    assert envelope["event"] == "non_acked_booking"
    assert envelope["payload"]["booking_revision_id"] == sold["revision_id"]
    assert "live_feed_event_id" not in envelope["payload"]
    assert channex.feed() == []


def test_a_revision_may_be_told_to_stay_in_the_feed(channex: Client) -> None:
    channex.sim("/switches", {"feed_drop": False, "feed_timer_from": "inserted"})
    book(channex, channex.hotel())

    channex.advance(3600)

    assert len(channex.feed()) == 1


def test_a_revision_nobody_was_served_waits_longer(channex: Client) -> None:
    book(channex, channex.hotel())

    channex.advance(3600)

    assert len(channex.feed()) == 1


def test_what_left_the_feed_can_be_recovered_from_the_bookings(channex: Client) -> None:
    hotel = channex.hotel()
    sold = book(channex, hotel)
    channex.sim(f"/ota/{hotel['id']}/cancel", {"code": sold["code"]})
    since = channex.get(f"/bookings/{sold['booking_id']}")["data"]["attributes"]["inserted_at"]

    found = channex.get("/bookings", **{"filter[inserted_at][gte]": since, "filter[property_id]": hotel["id"]})["data"]
    later = channex.get("/bookings", **{"filter[inserted_at][gt]": "2999-01-01"})["data"]

    [row] = found
    assert (row["id"], row["attributes"]["status"]) == (sold["booking_id"], "cancelled")
    assert row["attributes"]["has_unacked_revisions"] is True
    assert later == []


def test_an_unmapped_booking_has_no_ids_and_says_so(channex: Client, receiver: Receiver) -> None:
    hotel = channex.hotel()
    register(channex, receiver, event_mask="booking_unmapped_room;booking_unmapped_rate")

    book(channex, hotel, unmapped=True)

    [room] = channex.feed()[0]["attributes"]["rooms"]
    assert (room["room_type_id"], room["rate_plan_id"]) == (None, None)
    assert receiver.next()["event"] == "booking_unmapped_room"
    assert free(channex, hotel, 5) == 2


def crs_body(channex: Client, hotel: Any, **more: Any) -> dict[str, Any]:
    [room] = hotel["room_types"]
    days = {channex.night(3): "180.54", channex.night(4): "180.54"}
    rooms = [{"room_type_id": room["id"], "rate_plan_id": room["rate_plans"][0]["id"], "days": days,
              "occupancy": {"adults": 2, "children": 1, "infants": 0, "ages": [5]}}]  # fmt: skip
    return {"booking": {
        "property_id": hotel["id"], "ota_name": "Offline", "ota_reservation_code": "T-1", "currency": "EUR",
        "arrival_date": channex.night(3), "departure_date": channex.night(5), "rooms": rooms, **more,
    }}  # fmt: skip


def test_the_booking_crs_makes_changes_and_cancels(channex: Client) -> None:
    hotel = channex.hotel()

    made = channex.post("/bookings", crs_body(channex, hotel))["data"]
    change = crs_body(channex, hotel, status="modified", notes="late")
    channex.call("PUT", f"/bookings/{made['id']}", change)
    channex.call("PUT", f"/bookings/{made['id']}", {"booking": {"status": "cancelled"}})

    rows = [row["attributes"] for row in channex.feed()]
    assert (made["attributes"]["unique_id"], made["attributes"]["status"]) == ("OFL-T-1", "new")
    assert [row["status"] for row in rows] == ["new", "modified", "cancelled"]
    assert [row["amount"] for row in rows] == ["361.08"] * 3
    assert (rows[0]["channel_id"], rows[0]["is_crs_revision"], rows[1]["notes"]) == (None, False, "late")
    assert free(channex, hotel, 3) == 1


def test_the_booking_crs_needs_its_application(channex: Client) -> None:
    hotel = channex.hotel()
    [installed] = channex.get("/applications/installed")["data"]
    channex.call("DELETE", f"/applications/{installed['id']}/uninstall")

    refused = channex.call("POST", "/bookings", crs_body(channex, hotel))
    installation = {"property_id": hotel["id"], "application_code": "booking_crs"}
    channex.post("/applications/install", {"application_installation": installation})
    allowed = channex.call("POST", "/bookings", crs_body(channex, hotel))

    assert refused.status_code == 403
    assert allowed.status_code == 200


def test_a_crs_booking_may_take_a_moment_to_appear(channex: Client) -> None:
    channex.sim("/clock", {"freeze": True})
    channex.sim("/switches", {"crs_delay_seconds": 2})
    made = channex.post("/bookings", crs_body(channex, channex.hotel()))["data"]

    early = channex.call("GET", f"/bookings/{made['id']}").status_code
    channex.advance(3)

    assert early == 404
    assert eventually(lambda: channex.feed())[0]["attributes"]["booking_id"] == made["id"]
    assert channex.get(f"/bookings/{made['id']}")["data"]["id"] == made["id"]


@pytest.mark.parametrize(("ota", "status"), [("BDC", 200), ("EXP", 422)])
def test_only_booking_com_takes_reports(channex: Client, ota: str, status: int) -> None:
    sold = book(channex, channex.hotel(), ota=ota)

    answer = channex.call("POST", f"/bookings/{sold['booking_id']}/no_show", {"no_show_report": {"waived_fees": True}})

    assert answer.status_code == status
    assert status == 200 or answer.json()["errors"]["code"] == "method_not_supported"


def test_messages_need_an_application(channex: Client) -> None:
    sold = book(channex, channex.hotel())

    assert channex.call("GET", f"/bookings/{sold['booking_id']}/messages").status_code == 403


def test_a_drill_may_send_a_cancellation_before_its_booking(channex: Client) -> None:
    hotel = channex.hotel()
    booking_id = "6a1c2f60-1111-4222-8333-444455556666"
    attributes = {"unique_id": "BDC-1", "ota_reservation_code": "1", "inserted_at": "2026-01-01T00:00:00.000001"}
    raw = {"property_id": hotel["id"], "booking_id": booking_id, "attributes": attributes}

    channex.sim("/revisions", {**raw, "status": "cancelled"})
    channex.sim("/revisions", {**raw, "status": "new"})

    rows = channex.feed()
    assert [(row["attributes"]["booking_id"], row["attributes"]["status"]) for row in rows] == [
        (booking_id, "cancelled"), (booking_id, "new"),
    ]  # fmt: skip


def test_a_revision_can_be_delivered_again(channex: Client) -> None:
    sold = book(channex, channex.hotel())
    channex.post(f"/booking_revisions/{sold['revision_id']}/ack")

    channex.sim(f"/revisions/{sold['revision_id']}/redeliver", {"feed": True})

    assert [row["id"] for row in channex.feed()] == [sold["revision_id"]]


def test_ten_thousand_bookings_are_made_and_drained_quickly(channex: Client) -> None:
    channex.hotel()
    made = bulk(channex, 10_000)

    page = channex.get("/booking_revisions/feed", **{"pagination[limit]": 100})

    assert len(made) == 10_000
    assert (len(page["data"]), page["meta"]["total"]) == (100, 10_000)
    assert channex.sim("/feed")["oldest"] == made[0]["revision_id"]
