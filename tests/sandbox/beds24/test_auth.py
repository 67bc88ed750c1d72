"""Invite codes, tokens, scopes."""

from __future__ import annotations

import pytest

from tests.sandbox.beds24.conftest import Beds, room_of

DAY = 86_400
NOT_VALID = {"success": False, "type": "error", "code": 401, "error": "Token not valid"}


@pytest.mark.parametrize("base", ["/v2", "/api/v2"])
def test_an_invite_code_becomes_a_refresh_token_and_an_access_token(beds: Beds, base: str) -> None:
    code = beds.control("/invite", {})["code"]

    answer = beds.call("GET", "/authentication/setup", headers={"code": code, "deviceName": "desk"}, base=base)

    body = answer.json()
    assert body["expiresIn"] == DAY
    assert all(152 <= len(body[name]) <= 172 for name in ("token", "refreshToken"))
    assert beds.call("GET", "/properties", headers={"token": body["token"]}, base=base).status_code == 200


def test_an_invite_code_is_good_once_and_for_a_day(beds: Beds) -> None:
    spent, late = (beds.control("/invite", {})["code"] for _ in range(2))
    beds.connect(spent)

    again = beds.call("GET", "/authentication/setup", headers={"code": spent})
    beds.advance(DAY + 1)
    expired = beds.call("GET", "/authentication/setup", headers={"code": late})

    assert [(each.status_code, each.json()) for each in (again, expired)] == [(401, NOT_VALID)] * 2


def test_a_setup_without_a_code_is_a_bad_request(beds: Beds) -> None:
    assert beds.call("GET", "/authentication/setup").status_code == 400
    assert beds.call("GET", "/authentication/token").status_code == 400


def test_an_access_token_ends_after_a_day_and_a_refresh_token_makes_another(beds: Beds) -> None:
    beds.hotel()
    old = beds.token
    beds.advance(DAY + 1)

    ended = beds.call("GET", "/properties")
    fresh = beds.call("GET", "/authentication/token", headers={"refreshToken": beds.refresh_token}).json()

    assert (ended.status_code, ended.json()) == (401, NOT_VALID)
    assert fresh["refreshToken"] == beds.refresh_token
    assert fresh["token"] != old
    assert beds.call("GET", "/properties", headers={"token": fresh["token"]}).status_code == 200


def test_a_refresh_token_dies_after_thirty_days_unused_and_lives_while_used(beds: Beds) -> None:
    beds.hotel()
    headers = {"refreshToken": beds.refresh_token}
    beds.advance(29 * DAY)
    kept = beds.call("GET", "/authentication/token", headers=headers).status_code
    beds.advance(29 * DAY)
    kept_again = beds.call("GET", "/authentication/token", headers=headers).status_code

    beds.advance(31 * DAY)

    assert (kept, kept_again) == (200, 200)
    assert beds.call("GET", "/authentication/token", headers=headers).status_code == 401


def test_a_rotated_refresh_token_replaces_the_old_one_at_once(beds: Beds) -> None:
    beds.hotel()
    beds.control("/switches", {"rotate_refresh_tokens": True})

    fresh = beds.call("GET", "/authentication/token", headers={"refreshToken": beds.refresh_token}).json()
    old = beds.call("GET", "/authentication/token", headers={"refreshToken": beds.refresh_token})
    new = beds.call("GET", "/authentication/token", headers={"refreshToken": fresh["refreshToken"]})

    assert fresh["refreshToken"] != beds.refresh_token
    assert (old.status_code, new.status_code) == (401, 200)


def test_a_revoked_refresh_token_is_refused(beds: Beds) -> None:
    beds.hotel()
    headers = {"refreshToken": beds.refresh_token}

    revoked = beds.call("DELETE", "/authentication/token", headers=headers)

    assert revoked.status_code == 200
    assert beds.call("GET", "/authentication/token", headers=headers).status_code == 401


def test_the_details_of_a_token_tell_its_owner_and_scopes(beds: Beds) -> None:
    hotel = beds.hotel()

    good = beds.call("GET", "/authentication/details")
    bad = beds.call("GET", "/authentication/details", headers={"token": "nobody's"})

    facts = good.json()["token"]
    assert good.json()["validToken"] is True
    assert facts["ownerId"] == hotel["owner_id"]
    assert facts["deviceName"] == "portal"
    assert "all:bookings" in facts["scopes"]
    assert DAY - 60 < facts["expiresIn"] <= DAY
    assert (bad.status_code, bad.json()["validToken"]) == (200, False)
    assert not any(name.lower().startswith("x-") for name in good.headers)


def test_a_missing_scope_looks_like_a_bad_token(beds: Beds) -> None:
    room = room_of(beds.hotel())
    reader = beds.with_scopes("read:bookings", "all:inventory")

    read = reader.call("GET", "/bookings")
    write = reader.call("POST", "/bookings", [reader.stay(room)])
    properties = reader.call("GET", "/properties")

    assert (read.status_code, write.status_code, properties.status_code) == (200, 401, 401)
    assert write.json() == NOT_VALID


def test_a_long_life_token_only_reads(beds: Beds) -> None:
    room = room_of(beds.hotel())
    token = beds.control("/invite", {"long_life": True})["token"]

    read = beds.call("GET", "/bookings", headers={"token": token})
    write = beds.call("POST", "/bookings", [beds.stay(room)], headers={"token": token})

    assert (read.status_code, write.status_code) == (200, 401)


def test_without_the_personal_scope_names_are_blank_and_without_the_financial_one_prices_are_gone(beds: Beds) -> None:
    room = room_of(beds.hotel())
    beds.book(room, price=200, email="ada@example.invalid")
    reader = beds.with_scopes("read:bookings")

    [row] = reader.bookings()

    assert (row["firstName"], row["email"]) == ("", "")
    assert "price" not in row


def test_linked_properties_and_others_than_the_one_allowed_stay_hidden(beds: Beds) -> None:
    own, linked = beds.hotel()["id"], beds.hotel(linked=True)["id"]
    everything = ["all:properties"]
    plain = beds.with_scopes(*everything)
    wide = beds.with_scopes(*everything, linked=True)
    narrow = beds.with_scopes(*everything, linked=True, property_id=linked)

    seen = [[row["id"] for row in each.get("/properties")["data"]] for each in (plain, wide, narrow)]

    assert seen == [[own], [own, linked], [linked]]


def test_accounts_do_not_see_each_other(beds: Beds) -> None:
    beds.hotel()
    room = room_of(beds.hotel())
    booking = beds.book(room)

    beds.hotel(owner_id=900_100)

    assert beds.bookings(id=booking) == []
    assert beds.post("/bookings", [{"id": booking, "status": "cancelled"}])[0]["success"] is False
    assert len(beds.get("/properties")["data"]) == 1


def test_an_address_that_is_not_on_the_list_is_refused(beds: Beds) -> None:
    code = beds.control("/invite", {"ips": ["203.0.113.7"]})["code"]

    assert beds.call("GET", "/authentication/setup", headers={"code": code}).status_code == 401
