"""Webhook events as people read them: received, recognised, what it did; and reading one again."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.extensions import db
from portal.models import EventState, Reservation
from tests import factories, wires
from tests.people import sign_in

pytestmark = pytest.mark.usefixtures("db", "redis")
CARD = "4111111111111111"


@pytest.fixture
def wired(sandbox) -> wires.Wired:
    sandbox.control("POST", "switches", json={"webhooks_paused": True})
    return wires.wire(set_up=True)


def test_a_hotel_nobody_wrote_to_is_told_what_will_stand_here(client):
    house = factories.alices_house()
    sign_in(client, house.owner)

    page = wires.text(client.get(f"/p/{house.property_id}/webhooks"))

    assert "Nothing was delivered yet" in page


def test_a_booking_is_followed_from_the_delivery_to_the_reservation(client, wired, sandbox):
    sign_in(client, wires.alice(wired))
    event_id = wires.deliver(wired, wires.book(wired, sandbox))

    before = wires.text(client.get(wired.url(f"webhooks/{event_id}")))
    wires.work(wired, "drain")
    after = wires.text(client.get(wired.url(f"webhooks/{event_id}")))

    assert "Waits to be read" in before
    assert 'hx-trigger="every' in before
    assert "Made a reservation" in after
    assert "Open the reservation" in after
    assert "198.51.100.7" in after
    assert 'hx-trigger="every' not in after


def test_the_list_says_what_each_delivery_did_newest_first(client, wired, sandbox):
    sign_in(client, wires.alice(wired))
    wires.deliver(wired, wires.book(wired, sandbox))
    wires.deliver(wired, b"no JSON at all")
    wires.work(wired, "drain")

    page = wires.text(client.get(wired.url("webhooks")))
    failed = wires.text(client.get(wired.url("webhooks?state=failed")))
    strange = client.get(wired.url("webhooks?state=%00&kind=nothing"))

    assert page.index("Could not be understood") < page.index("Made a reservation")
    assert "Made a reservation" not in failed
    assert strange.status_code == 200
    assert "Choose one of the list." in wires.text(strange)


def test_a_delivery_that_came_twice_changes_nothing_and_says_so(client, wired, sandbox):
    sign_in(client, wires.alice(wired))
    body = wires.book(wired, sandbox)
    first = wires.deliver(wired, body)
    wires.work(wired, "drain")
    second = wires.deliver(wired, body)
    wires.work(wired, "drain")

    repeat = wires.text(client.get(wired.url(f"webhooks/{second}")))
    original = wires.text(client.get(wired.url(f"webhooks/{first}")))

    assert "Repeats an earlier delivery" in repeat
    assert f"webhooks/{first}" in repeat
    assert "Came again" in original
    assert f"webhooks/{second}" in original


def test_reading_a_delivery_again_says_beforehand_that_nothing_changes_and_keeps_the_word(client, wired, sandbox):
    sign_in(client, wires.alice(wired))
    event_id = wires.deliver(wired, wires.book(wired, sandbox))
    wires.work(wired, "drain")

    promised = wires.text(client.get(wired.url(f"webhooks/{event_id}")))
    answer = client.post(wired.url(f"webhooks/{event_id}/replay"))
    wires.work(wired, "drain")
    after = wires.text(client.get(wired.url(f"webhooks/{event_id}")))

    assert "Nothing will change" in promised
    assert answer.status_code == 303
    assert "Made a reservation" in after
    with wires.inside(wired):
        assert db.session.scalar(select(func.count()).select_from(Reservation)) == 1


def test_a_delivery_read_again_is_not_taken_for_a_repeat_of_its_own_repeats(client, wired, sandbox):
    sign_in(client, wires.alice(wired))
    body = wires.book(wired, sandbox)
    first = wires.deliver(wired, body)
    wires.deliver(wired, body)
    wires.work(wired, "drain")

    client.post(wired.url(f"webhooks/{first}/replay"))
    wires.work(wired, "drain")

    assert "Repeats an earlier delivery" not in wires.text(client.get(wired.url(f"webhooks/{first}")))


def test_a_body_is_shown_as_text_and_never_with_a_card(client, wired):
    sign_in(client, wires.alice(wired))
    body = {"event": "booking", "payload": {"note": "<script>alert(1)</script>", "card_number": CARD, "say": CARD}}
    event_id = wires.deliver(wired, body, state=EventState.PROCESSED)

    page = client.get(wired.url(f"webhooks/{event_id}")).get_data(as_text=True)

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert CARD not in page


def test_bytes_of_no_alphabet_are_shown_as_far_as_they_are_text(client, wired):
    sign_in(client, wires.alice(wired))
    event_id = wires.deliver(wired, b"\xff\x00card " + CARD.encode(), state=EventState.FAILED, error="not JSON")

    answer = client.get(wired.url(f"webhooks/{event_id}"))

    assert answer.status_code == 200
    assert CARD not in wires.text(answer)


def test_staff_read_deliveries_and_do_not_replay_them(client, wired):
    event_id = wires.deliver(wired, {"event": "ari"}, state=EventState.PROCESSED)
    sign_in(client, factories.make_bob(wired.house))

    page = client.get(wired.url(f"webhooks/{event_id}"))

    assert page.status_code == 200
    assert "Read this delivery again" not in wires.text(page)
    assert client.post(wired.url(f"webhooks/{event_id}/replay")).status_code == 403


def test_who_may_only_look_at_the_hotel_sees_no_deliveries(client, wired):
    sign_in(client, wires.viewer(wired))

    assert client.get(wired.url("webhooks")).status_code == 403


def test_a_message_that_was_never_made_cannot_be_applied_again(client, wired):
    sign_in(client, wires.alice(wired))
    event_id = wires.deliver(wired, {"event": "ari"}, state=EventState.PROCESSED)

    assert client.post(wired.url(f"webhooks/{event_id}/apply")).status_code == 409


def test_somebody_elses_delivery_is_not_there(client, wired):
    event_id = wires.deliver(wired, {"event": "ari"})
    charlie = factories.charlies_house()
    sign_in(client, charlie.owner)

    assert client.get(wired.url(f"webhooks/{event_id}")).status_code == 404
    assert client.get(f"/p/{charlie.property_id}/webhooks/{event_id}").status_code == 404
    assert client.post(f"/p/{charlie.property_id}/webhooks/{event_id}/replay").status_code == 404
