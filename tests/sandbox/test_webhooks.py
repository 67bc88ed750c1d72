"""Webhooks: registration, precedence, payloads, retries and what may go wrong with them (reference section 5)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Client, Receiver, eventually, register, serve


def book(channex: Client, hotel: Any, **more: Any) -> Any:
    return channex.sim(f"/ota/{hotel['id']}/book", {"ota": "BDC", "check_in": channex.night(5), **more})


def deliveries(channex: Client, event: str = "booking") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = channex.sim(f"/deliveries?event={event}")["deliveries"]
    return rows


def attempts(channex: Client) -> list[int | None]:
    return [each["status"] for row in deliveries(channex) for each in row["attempts"]]


def test_a_webhook_is_inactive_and_without_data_unless_asked(channex: Client, receiver: Receiver) -> None:
    hook = {"callback_url": receiver.url, "event_mask": "booking", "property_id": None, "is_global": True}

    answer = channex.call("POST", "/webhooks", {"webhook": hook})

    attributes = answer.json()["data"]["attributes"]
    assert answer.status_code == 201
    assert (attributes["is_active"], attributes["send_data"]) == (False, False)
    assert (attributes["is_signed"], attributes["signing_key_id"]) == (False, None)


@pytest.mark.parametrize(
    ("change", "details"),
    [
        ({"callback_url": "http://no-such-host.invalid/x"}, {"callback_url": ["invalid host"]}),
        ({"callback_url": None}, {"callback_url": ["can't be blank"]}),
        ({"event_mask": "booking;surprise"}, {"event_mask": ["is invalid"]}),
        ({"is_global": False}, {"property_id": ["can't be blank"]}),
        ({"headers": "secret"}, {"headers": ["is invalid"]}),
    ],
)
def test_a_webhook_is_checked(
    channex: Client, receiver: Receiver, change: dict[str, Any], details: dict[str, Any]
) -> None:
    hook = {"callback_url": receiver.url, "event_mask": "*", "property_id": None, "is_global": True, **change}

    answer = channex.call("POST", "/webhooks", {"webhook": hook})

    assert answer.status_code == 422
    assert answer.json()["errors"]["details"] == details


def test_a_booking_fires_both_its_events_with_their_own_shapes(channex: Client, receiver: Receiver) -> None:
    hotel = channex.hotel()
    register(channex, receiver, event_mask="booking;booking_new", request_params={"hotel": "north"})

    sold = book(channex, hotel)

    first, second = (receiver.got.get(timeout=5) for _ in range(2))
    by_event = {envelope["event"]: envelope for envelope, _ in (first, second)}
    assert by_event["booking"]["payload"] == {
        "booking_id": sold["booking_id"], "property_id": hotel["id"], "revision_id": sold["revision_id"],
    }  # fmt: skip
    assert by_event["booking_new"]["payload"]["booking_revision_id"] == sold["revision_id"]
    assert set(by_event["booking"]) == {"event", "payload", "property_id", "user_id", "timestamp"}
    assert by_event["booking"]["timestamp"].endswith("Z")
    assert first[1].headers["x-channex-webhook-secret"] == "s3cret"
    assert first[1].query == {"hotel": "north"}


def test_without_data_the_payload_is_left_out(channex: Client, receiver: Receiver) -> None:
    hotel = channex.hotel()
    register(channex, receiver, event_mask="booking", send_data=False)

    book(channex, hotel)

    assert set(receiver.next()) == {"event", "property_id", "user_id", "timestamp"}


def test_changes_and_cancellations_have_their_own_events(channex: Client, receiver: Receiver) -> None:
    hotel = channex.hotel()
    register(channex, receiver, event_mask="booking_modification;booking_cancellation")
    sold = book(channex, hotel)

    channex.sim(f"/ota/{hotel['id']}/modify", {"code": sold["code"], "nights": 3})
    channex.sim(f"/ota/{hotel['id']}/cancel", {"code": sold["code"]})

    assert receiver.events(2) == ["booking_cancellation", "booking_modification"]


def test_a_star_gets_both_booking_events_unless_switched_off(channex: Client, receiver: Receiver) -> None:
    hotel = channex.hotel()
    register(channex, receiver)

    book(channex, hotel)
    both = receiver.events(3)
    channex.sim("/switches", {"both_booking_events": False})
    book(channex, hotel)

    assert both == ["ari", "booking", "booking_new"]
    assert receiver.events(2) == ["ari", "booking"]
    assert receiver.is_quiet()


def test_the_hook_of_a_property_silences_the_global_one_for_the_same_event(channex: Client, receiver: Receiver) -> None:
    north, south = channex.hotel(), channex.hotel(title="Seaview South")
    register(channex, receiver, event_mask="booking", headers={"X-From": "global"})
    register(
        channex, receiver, event_mask="booking", property_id=north["id"], is_global=False, headers={"X-From": "north"}
    )

    book(channex, north)
    from_north = receiver.got.get(timeout=5)[1].headers["x-from"]
    book(channex, south)
    from_south = receiver.got.get(timeout=5)[1].headers["x-from"]

    assert (from_north, from_south) == ("north", "global")
    assert len(deliveries(channex)) == 2


def test_an_inactive_hook_hears_nothing(channex: Client, receiver: Receiver) -> None:
    hotel = channex.hotel()
    hook = register(channex, receiver, event_mask="booking")
    channex.call("PUT", f"/webhooks/{hook['id']}", {"webhook": {"is_active": False}})

    book(channex, hotel)

    assert deliveries(channex) == []


def test_a_change_of_the_calendar_is_told_to_those_who_ask_for_that_part(channex: Client, receiver: Receiver) -> None:
    hotel = channex.hotel()
    plan, other = hotel["room_types"][0]["rate_plans"]
    register(channex, receiver, event_mask=f"ari:*:*:{plan['id']}")
    value = {"property_id": hotel["id"], "date": channex.night(2), "rate": 7700}

    channex.post("/restrictions", {"values": [{**value, "rate_plan_id": other["id"]}]})
    channex.post("/restrictions", {"values": [{**value, "rate_plan_id": plan["id"]}]})
    channex.post("/restrictions", {"values": [{**value, "rate_plan_id": plan["id"]}]})

    [cell] = receiver.next()["payload"]
    assert (cell["rate_plan_id"], cell["date"], cell["rate"]) == (plan["id"], channex.night(2), "77.00")
    assert len(deliveries(channex, "ari")) == 1


def test_a_server_error_is_retried_on_the_documented_schedule(channex: Client, receiver: Receiver) -> None:
    channex.sim("/clock", {"freeze": True})
    hotel = channex.hotel()
    register(channex, receiver, event_mask="booking")
    receiver.answers = [503, 500, 200]
    book(channex, hotel)

    eventually(lambda: attempts(channex) == [503])
    channex.advance(59)
    before_a_minute = attempts(channex)
    channex.advance(1)
    eventually(lambda: attempts(channex) == [503, 500])
    channex.advance(120)
    eventually(lambda: attempts(channex) == [503, 500, 200])

    assert before_a_minute == [503]
    assert deliveries(channex)[0]["state"] == "delivered"


@pytest.mark.parametrize(("counts_first", "total"), [(True, 11), (False, 12)])
def test_retries_end_after_eleven_attempts_or_waits(
    channex: Client, receiver: Receiver, counts_first: bool, total: int
) -> None:
    channex.sim("/clock", {"freeze": True})
    channex.sim("/switches", {"count_first_attempt": counts_first})
    hotel = channex.hotel()
    register(channex, receiver, event_mask="booking")
    receiver.answers = [500] * 20
    book(channex, hotel)

    for made in range(1, total):
        eventually(lambda made=made: len(attempts(channex)) == made)
        channex.advance(10 * 3600)

    eventually(lambda: deliveries(channex)[0]["state"] == "given up")
    assert len(attempts(channex)) == total


def test_a_refusal_is_not_retried(channex: Client, receiver: Receiver) -> None:
    hotel = channex.hotel()
    register(channex, receiver, event_mask="booking")
    receiver.answers = [401]

    book(channex, hotel)

    eventually(lambda: deliveries(channex)[0]["state"] == "refused")
    assert attempts(channex) == [401]


def test_a_receiver_that_does_not_answer_is_tried_again(channex: Client, receiver: Receiver) -> None:
    channex.sim("/clock", {"freeze": True})
    channex.sim("/switches", {"webhook_timeout_seconds": 0.2})
    hotel = channex.hotel()
    gone = serve(receiver.handle)
    register(channex, receiver, event_mask="booking", callback_url=gone.url)
    gone.stop()

    book(channex, hotel)

    eventually(lambda: deliveries(channex)[0]["attempts"])
    row = deliveries(channex)[0]
    assert (row["attempts"][0]["status"], row["state"]) == (None, "pending")


def test_deliveries_can_be_doubled_lost_and_held_back(channex: Client, receiver: Receiver) -> None:
    hotel = channex.hotel(room_types=[{"title": "Double", "units": 9, "rate_plans": [{"title": "BAR"}]}])
    register(channex, receiver, event_mask="booking")

    channex.sim("/switches", {"webhook_duplicates": 1})
    twice = book(channex, hotel)["revision_id"]
    doubled = [receiver.next()["payload"]["revision_id"] for _ in range(2)]
    channex.sim("/switches", {"webhook_duplicates": 0, "webhook_loss": 1})
    book(channex, hotel)
    channex.sim("/switches", {"webhook_loss": 0, "webhooks_paused": True})
    held = book(channex, hotel)["revision_id"]
    waiting = channex.sim("/deliveries")["queued"]
    channex.sim("/switches", {"webhooks_paused": False})

    assert doubled == [twice, twice]
    assert [row["state"] for row in deliveries(channex)].count("lost") == 1
    assert waiting == 1
    assert receiver.next()["payload"]["revision_id"] == held


def test_shuffled_deliveries_wait_a_while_each(channex: Client, receiver: Receiver) -> None:
    channex.sim("/clock", {"freeze": True})
    hotel = channex.hotel(room_types=[{"title": "Double", "units": 9, "rate_plans": [{"title": "BAR"}]}])
    register(channex, receiver, event_mask="booking")
    channex.sim("/switches", {"webhook_shuffle_seconds": 300, "webhook_delay_seconds": 10})

    for _ in range(6):
        book(channex, hotel)

    due = [row["due"] for row in deliveries(channex)]
    assert due != sorted(due)
    assert receiver.is_quiet()
    channex.advance(311)
    assert receiver.events(6) == ["booking"] * 6


def test_the_test_call_reports_what_the_target_said(channex: Client, receiver: Receiver) -> None:
    receiver.answers = [401]
    hook = {"callback_url": receiver.url, "event_mask": "*", "property_id": None, "is_global": True}

    answer = channex.post("/webhooks/test", {"webhook": hook})

    assert (answer["status"], answer["status_code"], answer["body"]) == (401, 401, "{}")
    assert answer["request_url"] == receiver.url
    assert channex.get("/webhooks")["data"] == []


def test_webhooks_are_listed_and_removed(channex: Client, receiver: Receiver) -> None:
    hook = register(channex, receiver)

    listed = channex.get("/webhooks")["data"]
    removed = channex.call("DELETE", f"/webhooks/{hook['id']}")

    assert listed[0]["attributes"]["headers"] == {"X-Channex-Webhook-Secret": "s3cret"}
    assert removed.status_code == 200
    assert channex.call("GET", f"/webhooks/{hook['id']}").status_code == 404


def test_any_event_can_be_fired_by_hand(channex: Client, receiver: Receiver) -> None:
    hotel = channex.hotel()
    register(channex, receiver, event_mask="sync_error")

    told = channex.sim("/events", {"event": "sync_error", "property_id": hotel["id"], "payload": {"error_type": "x"}})

    assert told == {"listeners": 1}
    assert receiver.next()["payload"] == {"error_type": "x"}
