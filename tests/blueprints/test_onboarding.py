"""Setting a hotel up, without scripts: every step a plain form."""

from __future__ import annotations

import io
import re
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import update

from portal import tenancy
from portal.db import unit_of_work
from portal.domain.onboarding import State, Step
from portal.extensions import db as database
from portal.models import (
    Channel,
    ChannelState,
    ConnectionState,
    Property,
    RatePlan,
    RateRule,
    Role,
    Room,
    RoomType,
    User,
)
from portal.services import channel_readback, onboarding_steps
from tests import extranet, onboarding
from tests.factories import alices_house, charlies_house, make_bob
from tests.onboarding import PROPERTY, Walk, plan_fields, room_fields
from tests.people import sign_in
from tests.services import beds

TWO_DAYS = 2 * 86400  # seconds


@pytest.fixture
def walk(client, db, redis):
    """Alice has just signed up, and has no property."""
    organization_id, alice = onboarding.owner()
    sign_in(client, alice)
    return Walk(client, organization_id)


def count(walk, model):
    with tenancy.of(walk.organization_id):
        return database.session.query(model).count()


def test_who_has_no_property_is_led_from_the_front_page_to_the_first_form(walk):
    front = walk.client.get("/")

    assert front.location == f"/o/{walk.organization_id}/start"
    assert "Name of the property" in walk.client.get(front.location).text


def test_the_way_from_the_first_form_to_the_proved_night(walk, sandbox):
    walk.describe("120")
    walk.choose()
    assert "0 of 6 are there." in walk.page("provision")

    walk.work("provision", "channels", "parity")
    assert "Everything is there." in walk.page("provision")
    card = walk.client.get(f"/p/{walk.draft().property_id}/connections").text
    assert "It sells from the moment it is activated" in card and "every 2s" not in card
    assert "everything is mapped already" in walk.page("mapping")
    assert "Booking.com has to accept our channel manager" in walk.page("extranet")
    preview = walk.page("preview")
    assert (
        "EUR 120.00" in preview
        and "EUR 108.00" in preview
        and '<td class="num" data-label="Nights that start' in preview
    )
    assert walk.connection().state is ConnectionState.SETTING_UP

    assert walk.client.post(walk.url("activate")).location == walk.url("activate")
    assert "Waits for a worker." in walk.page("activate")
    walk.work("push")
    assert "The first night is being read back." in walk.page("activate")
    walk.work("parity")

    polled = walk.client.get(walk.url("activate/progress"), headers={"HX-Request": "true"})
    assert polled.headers["HX-Redirect"] == walk.url("activate")
    page = walk.page("activate")
    assert "Double, EUR 120.00, seen at" in page and "from signing up to the first proved night" in page
    assert "2 calls" in page
    assert walk.draft().proof["seconds"] >= 0


def test_nothing_is_sent_before_it_is_activated(walk, sandbox):
    walk.describe("120")
    walk.choose()
    walk.work("provision", "push")

    calls = sandbox.control("GET", "journal")["calls"]
    assert not [call for call in calls if call["endpoint"] in ("POST /availability", "POST /restrictions")]


def test_an_activation_clicked_twice_is_one(walk, sandbox):
    walk.describe("120")
    walk.choose()
    walk.work("provision", "parity")

    walk.client.post(walk.url("activate"))
    first = walk.draft().run_id
    walk.client.post(walk.url("activate"))

    assert first is not None and walk.draft().run_id == first


def test_what_is_wrong_is_kept_as_typed_and_shown_when_coming_back(walk):
    wrong = {"draft_id": str(walk.draft_id), **PROPERTY, "name": "", "phone": "not a number", "check_in_from": "late"}
    answer = walk.client.post(walk.url(), data=wrong)

    assert answer.status_code == 422
    again = walk.page("property")
    assert "not a number" in again and "late" in again
    assert "This is not a telephone number." in again or "This is needed." in again


def test_without_scripts_the_country_suggests_money_and_time_zone(walk):
    data = {"draft_id": str(walk.draft_id), **PROPERTY, "country": "US", "currency": "", "timezone": ""}
    answer = walk.client.post(walk.url(), data=data)

    assert answer.status_code == 422
    assert "several times of day" in answer.text
    assert '<option value="America/New_York" translate="no" selected>' in answer.text
    assert '<option value="USD" translate="no" selected>' in answer.text


def test_where_there_is_one_time_of_day_nothing_needs_to_be_chosen(walk):
    data = {"draft_id": str(walk.draft_id), **PROPERTY, "country": "DE", "currency": "", "timezone": ""}

    assert walk.client.post(walk.url(), data=data).status_code == 303
    assert walk.draft().answers["property"]["timezone"] == "Europe/Berlin"
    assert walk.draft().answers["property"]["currency"] == "EUR"


def test_a_second_click_and_a_way_back_double_nothing(walk):
    walk.describe("120")
    fields = plan_fields(walk.organization_id, walk.draft_id, "130", uplift="20")
    walk.client.post(walk.url("plans"), data=fields)
    walk.client.post(walk.url("plans"), data=fields)
    walk.client.post(walk.url("property"), data={**PROPERTY, "name": "Seaview Tavira"})

    assert [count(walk, model) for model in (Property, RoomType, RatePlan, Room, RateRule)] == [1, 1, 2, 3, 1]
    assert [plan.base_rate for plan in walk.rows(RatePlan)] == [Decimal(130), None]
    with tenancy.of(walk.organization_id):
        assert database.session.query(Property).one().name == "Seaview Tavira"


def test_a_room_type_taken_out_and_one_put_in_before_the_channel_manager_knows(walk):
    walk.describe("120", "200", rows=({"name": "Double", "count": "2"}, {"name": "Suite", "numbers": "S1, S2"}))
    double = walk.draft().answers["rooms"][0]

    walk.client.post(walk.url("rooms"), data=room_fields(double, {"name": "Single", "numbers": "1-3"}))
    walk.client.post(walk.url("plans"), data=plan_fields(walk.organization_id, walk.draft_id, "120", "80"))

    assert [row.name for row in walk.rows(RoomType)] == ["Double", "Single"]
    assert count(walk, RatePlan) == 4
    with tenancy.of(walk.organization_id):
        in_use = database.session.query(Room).filter(Room.archived_at.is_(None)).all()
    assert sorted(room.number for room in in_use) == ["1", "101", "102", "2", "3"]


def test_rooms_are_numbered_and_a_count_that_differs_is_told(walk):
    walk.client.post(walk.url(), data={"draft_id": str(walk.draft_id), **PROPERTY})
    numbered = walk.client.post(
        walk.url("rooms"), data={**room_fields({"name": "Double", "count": "3"}), "act": "number"}
    )
    differs = walk.client.post(walk.url("rooms"), data=room_fields({"name": "Double", "count": "3", "numbers": "7-8"}))

    assert "101, 102, 103" in numbered.text
    assert differs.status_code == 422 and "You say 3 rooms, and give 2 numbers." in differs.text


def test_a_list_of_rooms_is_looked_at_before_it_is_taken(walk):
    walk.client.post(walk.url(), data={"draft_id": str(walk.draft_id), **PROPERTY})
    bad = "room_type;room;adults\nDouble;101;2\nDouble;101;2\n;102;2\nSuite;201;many\n"
    good = "room_type;room;adults\nDouble;101;2\nDouble;102;2\nSuite;201;4\n"

    refused = walk.client.post(walk.url("rooms/list"), data={"text": bad, "accept": "1"})
    assert refused.status_code == 422
    assert "Room 101 is there twice." in refused.text and "Line 4:" in refused.text and "many" in refused.text
    assert "rooms" not in walk.draft().answers
    upload = {"file": (io.BytesIO(good.encode()), "rooms.csv")}
    looked = walk.client.post(walk.url("rooms/list"), data=upload, content_type="multipart/form-data")
    assert looked.status_code == 200 and "Take these rooms" in looked.text
    assert "rooms" not in walk.draft().answers
    walk.client.post(walk.url("rooms/list"), data={"text": good, "accept": "1"})

    assert [row["numbers"] for row in walk.draft().answers["rooms"]] == ["101, 102", "201"]


def test_prices_of_a_japanese_hotel_have_no_decimals(walk):
    walk.client.post(walk.url(), data={"draft_id": str(walk.draft_id), **PROPERTY, "name": "海辺の宿", "country": "JP",
                                       "currency": "", "timezone": ""})  # fmt: skip
    walk.client.post(walk.url("rooms"), data=room_fields({"name": "和室", "count": "2"}))

    wrong = walk.client.post(walk.url("plans"), data=plan_fields(walk.organization_id, walk.draft_id, "12000.50"))
    right = walk.client.post(
        walk.url("plans"), data=plan_fields(walk.organization_id, walk.draft_id, "12000", uplift="15")
    )

    assert wrong.status_code == 422 and "Write an amount in JPY, like 12000." in wrong.text and "12000.50" in wrong.text
    assert right.status_code == 303
    with tenancy.of(walk.organization_id):
        assert database.session.query(RateRule).one().rate == Decimal(13800)


def test_what_the_channel_manager_refuses_is_told_with_a_retry(walk, sandbox):
    walk.describe("120")
    walk.choose()
    away = {"kind": "status", "status": 503, "match": {"method": "POST", "path_prefix": "/room_types"}}
    sandbox.control("POST", "faults", json=away)
    walk.work("provision")

    page = walk.page("provision")
    assert "The channel manager did not take everything" in page and "Try again now" in page and "refused" in page
    sandbox.control("DELETE", "faults")
    walk.client.post(walk.url("provision"))
    walk.work("provision")

    assert "Everything is there." in walk.page("provision")


def test_by_beds24_the_set_up_goes_on_from_the_code_to_the_proved_night(walk, sandbox):
    walk.describe("120")
    place = walk.draft().property_id
    code_page = f"/p/{place}/connect/beds24"
    with tenancy.of(walk.organization_id):
        there = beds.build_there(sandbox, database.session.get(Property, (walk.organization_id, place)))
    assert "Beds24" in walk.page("connect")

    walk.choose("beds24")
    assert walk.client.get(walk.url("provision")).location == code_page
    assert "Signing in at the channel manager" in walk.client.get(code_page).text
    walk.client.post(code_page, data={"code": there["code"]})
    walk.work("provision")
    external = str(there["properties"][0]["id"])
    walk.client.post(f"{code_page}/property", data={"external_property_id": external})
    walk.work("provision")
    assert state_of(walk, Step.MAPPING) is State.OPEN
    assert walk.client.post(walk.url("activate")).status_code == 409
    with tenancy.of(walk.organization_id):
        beds.map_everything(walk.connection(), there["properties"][0])
    walk.work("parity")
    assert state_of(walk, Step.EXTRANET) is State.SKIPPED
    assert "EUR 120.00" in walk.page("preview")
    assert walk.client.post(walk.url("activate")).location == walk.url("activate")
    walk.work("provision", "push", "parity")

    assert walk.connection().state is ConnectionState.ACTIVE
    assert "Double, EUR 120.00, seen at" in walk.page("activate")


def test_who_connects_later_is_done_after_four_steps(walk):
    walk.describe("120")
    answer = walk.client.post(walk.url("connect"), data={"route": "later"})

    assert answer.location == walk.url("activate")
    assert "Your property is ready" in walk.page("activate")
    assert "Continue set-up" not in walk.client.get(f"/p/{walk.draft().property_id}/connections").text


def test_who_comes_from_another_channel_manager_is_warned(walk):
    walk.describe("120")

    assert "cut off at once" in walk.client.get(walk.url("connect") + "?switching=1").text
    walk.client.post(walk.url("connect"), data={"route": "channex:BDC", "switching": "1"})
    assert walk.draft().switching


def connect_page(walk, act="connect"):
    return f"/p/{walk.draft().property_id}/channels/BDC/{act}"


def state_of(walk, step):
    with tenancy.of(walk.organization_id):
        return onboarding_steps.way(walk.draft()).states[step]


def test_an_ota_that_answers_after_two_days_is_connected_and_its_step_is_done(walk, sandbox):
    walk.describe("120")
    walk.choose()
    walk.work("provision", "parity")
    there = walk.connection()
    extranet.ota(sandbox, "BDC", after_seconds=TWO_DAYS, mirror=there.external_property_id)
    began = state_of(walk, Step.EXTRANET)

    walk.client.post(connect_page(walk, "account"), data={"account_id": extranet.HOTEL})
    extranet.turn(walk.organization_id, there.id)
    waited = state_of(walk, Step.EXTRANET)
    assert "waits for the OTA" in walk.page("preview")
    walk.client.post(walk.url("activate"))
    walk.work("push", "parity")
    sandbox.control("POST", "clock", json={"advance": TWO_DAYS + 60})
    extranet.turn(walk.organization_id, there.id)
    assert "Connect 2 rates of Booking.com" in walk.client.get(connect_page(walk)).text
    choose_everything(walk)
    extranet.turn(walk.organization_id, there.id)

    assert (began, waited, state_of(walk, Step.EXTRANET)) == (State.OPEN, State.OTA, State.DONE)
    assert "Booking.com is connected." in walk.page("extranet")
    assert "It takes your prices and rooms from here." in walk.client.get(connect_page(walk)).text


def choose_everything(walk):
    """The one button where every product matches one plan without doubt."""
    with tenancy.of(walk.organization_id):
        setup = extranet.setup(walk.connection(), "BDC")
        chosen = {f"product-{key}": plan for key, plan in setup.choices.items()}
    answer = walk.client.post(connect_page(walk, "choose"), data=chosen)
    assert answer.status_code == 303, answer.text


def test_an_ota_is_asked_before_the_activation_and_switched_on_only_with_it(walk, sandbox):
    walk.describe("120")
    walk.choose()
    walk.work("provision", "parity")
    there = walk.connection()
    extranet.ota(sandbox, "BDC", accepted=True, mirror=there.external_property_id)
    walk.client.post(connect_page(walk, "account"), data={"account_id": extranet.HOTEL})
    extranet.turn(walk.organization_id, there.id)

    choose_everything(walk)
    extranet.turn(walk.organization_id, there.id)
    page = walk.client.get(connect_page(walk)).text
    before = [row.state for row in channels(walk)]
    walk.client.post(walk.url("activate"))
    walk.work("push")
    extranet.turn(walk.organization_id, there.id)

    assert "It is switched on when you activate the property." in page and 'hx-trigger="every' not in page
    assert before == []
    assert [row.state for row in channels(walk)] == [ChannelState.CONNECTED]


def channels(walk):
    with tenancy.of(walk.organization_id):
        return database.session.query(Channel).all()


def test_who_gave_the_step_to_a_colleague_sees_that_it_is_theirs_until_it_is_done(walk, sandbox, app):
    walk.describe("120")
    walk.choose()
    walk.work("provision", "parity")
    extranet.ota(sandbox, "BDC", accepted=False)
    page = walk.client.post(connect_page(walk, "invite")).text
    link = re.search(r"/guest/link/[\w-]+", page).group(0)
    given = state_of(walk, Step.EXTRANET)
    listed = walk.page("preview")

    colleague = app.test_client()
    colleague.post(link)
    colleague.post("/guest/account", data={"account_id": extranet.HOTEL})
    extranet.turn(walk.organization_id, walk.connection().id)

    assert given is State.COLLEAGUE and "needs a colleague" in listed
    assert state_of(walk, Step.EXTRANET) is State.OTA
    assert "has the link for this step" not in walk.page("extranet")


def test_nothing_is_activated_while_the_channel_manager_counts_rooms_as_well(walk, sandbox):
    walk.describe("120")
    walk.choose()
    walk.work("provision", "parity", "channels")
    with tenancy.of(walk.organization_id), unit_of_work():
        channel_readback.note_counting(walk.connection(), ["allow_availability_autoupdate_on_cancellation"])

    page = walk.page("preview")
    answer = walk.client.post(walk.url("activate"))

    assert answer.status_code == 409 and walk.draft().activated_at is None
    assert f'<a href="/p/{walk.draft().property_id}/channels/settings">The channel manager counts rooms' in page


def test_an_address_nobody_confirmed_stands_in_the_way_with_the_page_that_sends_the_mail_again(walk, sandbox):
    walk.describe("120")
    walk.choose()
    walk.work("provision", "parity")
    with unit_of_work():
        database.session.execute(update(User).values(email_verified_at=None))

    answer = walk.client.post(walk.url("activate"))

    assert answer.status_code == 409 and '<a href="/me">Confirm your e-mail address first' in answer.text


def test_a_hotel_that_sells_at_the_ota_already_is_led_through_the_change(walk, sandbox):
    walk.describe("120")
    walk.client.post(walk.url("connect"), data={"route": "channex:BDC", "switching": "1"})
    walk.work("provision", "parity")
    there = walk.connection()
    extranet.ota(sandbox, "BDC", accepted=True, mirror=there.external_property_id)

    preview = walk.page("preview")
    walk.client.post(connect_page(walk, "account"), data={"account_id": extranet.HOTEL})
    steps = walk.client.get(connect_page(walk)).text

    assert "You come from another channel manager" in preview
    assert "The old channel manager no longer sends to this OTA" in steps
    assert "Future bookings of the old channel manager are here" in steps


@pytest.mark.parametrize("path", ["connections/{connection}/mapping", "channels/BDC/connect"])
def test_the_pages_beside_the_set_up_show_its_steps_and_the_way_back(walk, sandbox, path):
    walk.describe("120")
    walk.choose()
    walk.work("provision", "parity")

    url = path.format(connection=walk.connection().id)
    page = walk.client.get(f"/p/{walk.draft().property_id}/{url}").text

    assert "Steps of the set-up" in page and "Continue set-up" in page


def test_a_draft_is_taken_up_where_it_was_left_and_taken_off_the_list(walk):
    walk.client.post(walk.url(), data={"draft_id": str(walk.draft_id), **PROPERTY})

    assert "Seaview Faro" in walk.client.get(walk.url()).text
    assert walk.client.get(f"{walk.url()}/{walk.draft_id}").location == walk.url("rooms")
    walk.client.post(walk.url("put-away"))

    assert "Name of the property" in walk.client.get(walk.url()).text


def test_a_page_of_the_property_leads_back_to_its_set_up(walk):
    walk.describe("120")

    page = walk.client.get(f"/p/{walk.draft().property_id}/connections").text

    assert "Continue set-up" in page and f'href="{walk.url("connect")}"' in page


def test_charlie_finds_none_of_alices_drafts_and_staff_begins_none(walk):
    walk.describe("120")
    client = walk.client
    steps = ("property", "rooms", "plans", "connect", "provision", "preview", "activate")
    charlie = charlies_house()
    sign_in(client, charlie.owner)
    for step in steps:
        assert client.get(walk.url(step)).status_code == 404
        # Nor by his own organization's address.
        assert client.get(f"/o/{charlie.organization_id}/start/{walk.draft_id}/{step}").status_code == 404
    house = alices_house()
    sign_in(client, make_bob(house, Role.STAFF))

    assert client.post(f"/o/{house.organization_id}/start", data={"draft_id": str(uuid4())}).status_code == 403
