"""Groups, properties, room types, rate plans and channels at the wire."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from providers.channel_types import RemoteChannel
from providers.errors import Malformed, NotFound, NotSupported, Rejected
from providers.http import HttpClient
from providers.registry import connect
from providers.types import RemoteRatePlan, RemoteRoomType
from tests.providers.channex import BASE, OPTION, PROPERTY, RATE_PLAN, ROOM_TYPE, make_channex, recorded

SUCCESS = {"meta": {"message": "Success"}}


@dataclass
class Details:
    name: str = "Seaview North"
    currency: str = "EUR"
    timezone: str = "Europe/Lisbon"
    country: str | None = "PT"
    email: str | None = None
    phone: str | None = None
    city: str | None = "Faro"
    postal_code: str | None = "8000-000"
    address: str | None = "Rua Exemplo 1"


@dataclass
class Room:
    name: str = "Twin Room"
    max_adults: int = 2
    max_children: int = 0
    max_infants: int = 0
    default_occupancy: int = 4


@pytest.fixture
def wire():
    with responses.RequestsMock() as wire:
        yield wire


def created(identity: str) -> dict:
    return {"data": {"type": "thing", "id": identity, "attributes": {"id": identity}}}


def refused(title: str, details=None) -> dict:
    return {"errors": {"code": "validation_error", "title": title, "details": details}}


def sent(wire, call: int = -1) -> dict:
    return json.loads(wire.calls[call].request.body)


def test_an_unknown_kind_is_refused_naming_the_known_ones():
    with pytest.raises(NotSupported, match="'beds42'.*channex"):
        connect("beds42", {}, HttpClient)


def test_the_key_is_proved_by_what_it_sees(wire):
    wire.get(f"{BASE}/properties/options", json={"data": [{"type": "properties", "id": PROPERTY, "attributes": {}}]})

    assert make_channex().test_connection() == "Channex accepts the key; it sees 1 property."
    assert wire.calls[0].request.headers["user-api-key"] == "master-key-4711"


def test_a_group_we_know_is_kept(wire):
    wire.get(f"{BASE}/groups/g1", json=created("g1"))

    assert make_channex().ensure_group("Seaview Hotels", "g1") == "g1"


@pytest.mark.parametrize("known", [None, "gone"])
def test_a_group_that_is_not_there_is_created(wire, known):
    if known:
        wire.get(f"{BASE}/groups/gone", json=refused("Resource Not Found"), status=404)
    wire.post(f"{BASE}/groups", json=created("g2"), status=201)

    assert make_channex().ensure_group("Seaview Hotels", known) == "g2"
    assert sent(wire) == {"group": {"title": "Seaview Hotels"}}


def test_linking_a_property_twice_is_as_good_as_once(wire):
    url = f"{BASE}/groups/g1/properties/{PROPERTY}"
    wire.post(
        url,
        json=refused(
            "Validation Error", {"hotel_id": ["Only one GroupHotel entity per Group and Hotel pair allowed!"]}
        ),
        status=422,
    )

    make_channex().link_property("g1", PROPERTY)

    assert len(wire.calls) == 1


def test_a_property_cannot_leave_its_last_group(wire):
    wire.delete(f"{BASE}/groups/g1/properties/{PROPERTY}", json=refused("Bad Request"), status=400)

    with pytest.raises(Rejected):
        make_channex().unlink_property("g1", PROPERTY)


def test_a_property_is_created_in_its_group_with_what_is_known(wire):
    wire.post(f"{BASE}/properties", json=created("p1"), status=201)

    assert make_channex().create_property(Details(), "g1") == "p1"

    assert sent(wire)["property"] == {
        "title": "Seaview North",
        "currency": "EUR",
        "timezone": "Europe/Lisbon",
        "country": "PT",
        "city": "Faro",
        "zip_code": "8000-000",
        "address": "Rua Exemplo 1",
        "group_id": "g1",
        "property_type": "hotel",
    }


def test_a_property_with_channels_goes_only_by_force(wire):
    def answer(request):
        if request.params.get("force") == "true":
            return 200, {}, json.dumps(SUCCESS)
        return 422, {}, json.dumps(refused("Validation Error", {"property": ["has channel(s)"]}))

    wire.add_callback("DELETE", f"{BASE}/properties/{PROPERTY}", answer)

    with pytest.raises(Rejected, match="has channel"):
        make_channex().delete_property(PROPERTY)
    make_channex().delete_property(PROPERTY, force=True)

    assert len(wire.calls) == 2


def test_a_room_type_never_sleeps_more_by_default_than_at_most(wire):
    wire.post(f"{BASE}/room_types", json=created(ROOM_TYPE), status=201)

    assert make_channex().create_room_type(PROPERTY, Room(), 8) == ROOM_TYPE

    assert sent(wire)["room_type"] == {
        "property_id": PROPERTY,
        "title": "Twin Room",
        "count_of_rooms": 8,
        "occ_adults": 2,
        "occ_children": 0,
        "occ_infants": 0,
        "default_occupancy": 2,
    }


def test_a_new_rate_plan_sells_nothing_before_the_first_push(wire):
    wire.post(f"{BASE}/rate_plans", json=created(RATE_PLAN), status=201)

    assert make_channex().create_rate_plan(PROPERTY, ROOM_TYPE, "Flexible", "EUR", 2, "breakfast") == RATE_PLAN

    plan = sent(wire)["rate_plan"]
    assert plan["stop_sell"] is True
    assert plan["options"] == [{"occupancy": 2, "is_primary": True, "rate": 0}]
    assert (plan["meal_type"], plan["currency"], plan["sell_mode"]) == ("breakfast", "EUR", "per_room")


def test_a_meal_plan_channex_does_not_know_is_left_out(wire):
    wire.post(f"{BASE}/rate_plans", json=created(RATE_PLAN), status=201)

    make_channex().create_rate_plan(PROPERTY, ROOM_TYPE, "Flexible", "EUR", 2, "champagne")

    assert "meal_type" not in sent(wire)["rate_plan"]


def test_a_title_taken_in_the_property_gets_the_room_type_added_once(wire):
    duplicate = refused("Validation Error", {"title": ["Duplication in Rate Plan title is not allowed!"]})
    wire.post(f"{BASE}/rate_plans", json=duplicate, status=422)
    wire.post(f"{BASE}/rate_plans", json=created(RATE_PLAN), status=201)
    wire.get(f"{BASE}/room_types/{ROOM_TYPE}", json={"data": recorded("room_types")["data"][0]})

    assert make_channex().create_rate_plan(PROPERTY, ROOM_TYPE, "Flexible", "EUR", 2, None) == RATE_PLAN

    assert sent(wire)["rate_plan"]["title"] == "Flexible - Twin Room"


def test_another_refusal_of_a_rate_plan_is_not_tried_again(wire):
    details = {"options": ["occupancy 3 exceeds the room type's max adults occupancy of 2"]}
    wire.post(f"{BASE}/rate_plans", json=refused("Validation Error", details), status=422)

    with pytest.raises(Rejected) as caught:
        make_channex().create_rate_plan(PROPERTY, ROOM_TYPE, "Flexible", "EUR", 3, None)

    assert caught.value.fields == details
    assert len(wire.calls) == 1


def test_products_are_room_types_with_their_plans_and_options(wire):
    wire.get(f"{BASE}/room_types", json=recorded("room_types"))
    wire.get(f"{BASE}/rate_plans", json=recorded("rate_plans"))

    assert make_channex().fetch_products(PROPERTY) == (
        RemoteRoomType(
            external_id=ROOM_TYPE,
            name="Twin Room",
            units=8,
            max_adults=2,
            rate_plans=(
                RemoteRatePlan(RATE_PLAN, "Flexible", ROOM_TYPE, "USD", 2, {RATE_PLAN: 2, OPTION: 1}, "breakfast"),
                RemoteRatePlan(f"{RATE_PLAN[:-2]}99", "Plain", ROOM_TYPE, None, None, {}, None),
            ),
        ),
    )


def test_a_list_is_read_to_its_last_page(wire):
    def answer(request):
        page, limit = int(request.params["pagination[page]"]), int(request.params["pagination[limit]"])
        names = [f"g{number}" for number in range(250)][(page - 1) * limit : page * limit]
        data = [{"type": "group", "id": name, "attributes": {"id": name}} for name in names]
        return 200, {}, json.dumps({"data": data, "meta": {"page": page, "limit": limit, "total": 250}})

    wire.add_callback("GET", f"{BASE}/groups", answer)

    assert [group["id"] for group in make_channex().groups()] == [f"g{number}" for number in range(250)]
    assert len(wire.calls) == 3


def test_a_list_without_a_total_ends_at_a_short_page(wire):
    wire.get(f"{BASE}/groups", json={"data": [{"type": "group", "id": "g1", "attributes": {}}]})

    assert len(make_channex().groups()) == 1


def test_an_id_cannot_choose_another_endpoint(wire):
    wire.get(f"{BASE}/properties/..%2Fgroups%3Fx", json=refused("Resource Not Found"), status=404)

    with pytest.raises(NotFound):
        make_channex().fetch_property("../groups?x")


@pytest.mark.parametrize("body", [{"data": []}, {"data": {}}, {"data": None, "meta": {}}, {"data": {"attributes": {}}}])
def test_a_creation_that_names_no_id_is_no_success(wire, body):
    wire.post(f"{BASE}/properties", json=body, status=201)

    with pytest.raises(Malformed):
        make_channex().create_property(Details(), None)


def test_channels_are_told_in_our_codes_with_what_is_wrong(wire):
    wire.get(f"{BASE}/channels", json=recorded("channels"))

    assert make_channex().channels(PROPERTY) == (
        RemoteChannel("c3c3c3c3-0000-4000-8000-000000000001", "BDC", "Booking.com North", True),
        RemoteChannel(
            "c3c3c3c3-0000-4000-8000-000000000002",
            "GoogleHotelARI",
            "GoogleHotelARI",
            False,
            "Channex reports a temporal error",
        ),
        RemoteChannel(
            "c3c3c3c3-0000-4000-8000-000000000003", "EXP", "Expedia", False, "Channex will remove it on 2026-12-24"
        ),
    )
    assert wire.calls[0].request.params["filter[property_id]"] == PROPERTY


def test_the_channel_frame_opens_with_a_token_for_one_property(wire):
    wire.post(f"{BASE}/auth/one_time_token", json={"data": {"token": "t-1"}, "meta": {"message": "ok"}})
    channex = make_channex()

    address = channex.channel_frame(channex.one_time_token(PROPERTY, "jane@example.test", "g1"), PROPERTY, "g1")

    assert sent(wire) == {
        "one_time_token": {"property_id": PROPERTY, "username": "jane@example.test", "group_id": "g1"}
    }
    assert urlsplit(address)._replace(query="").geturl() == "https://channex.example.test/auth/exchange"
    assert parse_qs(urlsplit(address).query)["oauth_session_key"] == ["t-1"]
