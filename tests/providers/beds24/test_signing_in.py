"""Invite codes, tokens and their end: who renews, when, and what a refusal means."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
import responses

from providers.beds24.auth import REFUSED_AT_ONCE
from providers.errors import AuthFailed, Malformed, Retryable
from providers.http import Call, HttpClient
from providers.registry import connect
from providers.types import AccountDetails
from tests.providers.beds24 import (
    ACCESS,
    BASE,
    NOW,
    REFRESH,
    Clock,
    Store,
    make_beds24,
    make_tokens,
    page,
    recorded,
    refusal,
)
from tests.providers.servers import answer, read_request, serving

SETUP = f"{BASE}/authentication/setup"
TOKEN = f"{BASE}/authentication/token"
DETAILS = f"{BASE}/authentication/details"
PROPERTIES = f"{BASE}/properties"
DAY = timedelta(days=1)


def details(**changes) -> dict:
    token = {
        "ownerId": 100200,
        "expiresIn": 81234,
        "created": "2027-01-05T09:00:00Z",
        "scopes": ["read:bookings", "all:inventory"],
        "deviceName": "portal",
        "linkedProperties": False,
        "onlyPropertyId": None,
        "whiteListOnly": False,
        "whiteList": [],
    }
    return {"validToken": True, "token": token | changes, "diagnostics": {"requestIp": "203.0.113.7"}}


def test_an_invite_code_becomes_tokens(wire):
    wire.get(SETUP, json={"token": "a9", "expiresIn": 86400, "refreshToken": "r9"})
    beds24 = connect("beds24", {"api_url": BASE}, HttpClient)

    tokens = beds24.exchange_code(" code-4711\n", "Roomwire, Hotel Prova")

    assert (tokens.access, tokens.refresh) == ("a9", "r9")
    assert tokens.expires_at and tokens.refreshed_at and tokens.expires_at - tokens.refreshed_at == DAY
    assert wire.calls[0].request.headers["code"] == "code-4711"
    assert wire.calls[0].request.headers["deviceName"] == "Roomwire, Hotel Prova"
    assert "a9" not in repr(tokens) and "r9" not in repr(tokens)


@pytest.mark.parametrize("status", [400, 401])
def test_a_wrong_or_used_invite_code_is_said_to_be_one(wire, status):
    wire.get(SETUP, json=refusal("Token not valid", status), status=status)

    with pytest.raises(AuthFailed, match="invite code.*older than a day"):
        make_beds24().exchange_code("code", "x")


@pytest.mark.parametrize("code", ["cöde", "a\nb: c", "a\x00b"])
def test_a_code_that_no_header_can_carry_is_not_sent(code):
    with pytest.raises(AuthFailed, match="characters"):
        make_beds24().exchange_code(code, "x")


def test_without_tokens_nothing_is_called():
    with pytest.raises(AuthFailed, match="invite code"):
        connect("beds24", {"api_url": BASE}, HttpClient).test_connection()


def test_a_token_serves_until_five_minutes_before_its_end(wire):
    wire.get(PROPERTIES, json=page(kind="property"))
    wire.get(TOKEN, json={"token": "a2", "expiresIn": 86400})
    clock, store = Clock(), Store(make_tokens())
    beds24 = make_beds24(store, clock)

    clock.now = NOW + timedelta(hours=19, minutes=54)
    beds24.fetch_properties()
    clock.now += timedelta(minutes=2)
    beds24.fetch_properties()

    assert [call.request.headers.get("token") for call in wire.calls] == [ACCESS, None, "a2"]
    assert wire.calls[1].request.headers["refreshToken"] == REFRESH
    assert store.tokens.refresh == REFRESH  # Beds24 named no other
    assert store.tokens.expires_at == clock.now + DAY


def test_a_changed_refresh_token_is_stored_before_the_new_token_is_used(wire):
    store = Store(make_tokens(access=None, expires_at=None))
    stored_then: list[str] = []

    def properties(request):
        stored_then.append(store.tokens.refresh)
        return 200, {}, json.dumps(page(kind="property"))

    wire.get(TOKEN, json={"token": "a2", "expiresIn": 3600, "refreshToken": "r2"})
    wire.add_callback("GET", PROPERTIES, properties)

    make_beds24(store).fetch_properties()

    assert stored_then == ["r2"]
    assert store.tokens.expires_at == NOW + timedelta(hours=1)  # what the answer says, not a day


def test_a_token_refused_in_the_middle_is_renewed_once_and_the_call_made_again(wire):
    wire.get(PROPERTIES, json=refusal("Token not valid", 401), status=401)
    wire.get(TOKEN, json={"token": "a2", "expiresIn": 86400})
    wire.get(PROPERTIES, json=page(recorded("property"), kind="property"))

    (found,) = make_beds24().fetch_properties()

    assert found.name == "Hotel Prova"
    assert [call.request.headers.get("token") for call in wire.calls] == [ACCESS, None, "a2"]


def test_a_new_token_refused_as_well_means_a_missing_right_and_is_not_renewed_again(wire):
    wire.get(PROPERTIES, json=refusal("Token not valid", 401), status=401)
    wire.get(TOKEN, json={"token": "a2", "expiresIn": 86400})
    beds24 = make_beds24()

    for _ in range(3):
        with pytest.raises(AuthFailed, match="scope") as caught:
            beds24.fetch_properties()
        assert str(caught.value) == REFUSED_AT_ONCE

    assert len([call for call in wire.calls if call.request.url == TOKEN]) == 1


def test_a_dead_refresh_token_asks_for_a_new_invite_code(wire):
    wire.get(TOKEN, json=refusal("Token not valid", 401), status=401)

    with pytest.raises(AuthFailed, match="new invite code"):
        make_beds24(Store(make_tokens(access=None))).fetch_properties()


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"token": "a2"},
        {"token": "", "expiresIn": 1},
        {"token": "a2", "expiresIn": 0},
        {"token": "a2", "expiresIn": "soon"},
        {"token": "a\n2", "expiresIn": 60},
        {"token": 7, "expiresIn": 60},
        {"token": "a" * 5000, "expiresIn": 60},
    ],
)
def test_an_answer_without_a_usable_token_changes_nothing(wire, body):
    wire.get(TOKEN, json=body)
    store = Store(make_tokens(access=None))

    with pytest.raises(Malformed):
        make_beds24(store).fetch_properties()
    assert store.saved == []


def test_an_outage_while_renewing_is_worth_another_try(wire):
    wire.get(TOKEN, body="<html>", status=502)

    with pytest.raises(Retryable):
        make_beds24(Store(make_tokens(access=None))).fetch_properties()


def test_a_refusal_because_somebody_else_changed_the_token_is_not_the_end_of_it(wire):
    store = Store(make_tokens(access=None))

    def refuse(request):
        # Who held the renewal before, and slept past it, stores what it got: ours is dead, and no longer needed.
        store.save(make_tokens(refresh="r2" + "z" * 160, access="a2" + "z" * 160))
        return (401, {}, json.dumps(refusal("Token not valid", 401)))

    wire.add_callback(responses.GET, TOKEN, refuse)
    wire.get(PROPERTIES, json=page(kind="property"))

    assert make_beds24(store).fetch_properties() == ()
    assert len(store.saved) == 1


def test_two_workers_renew_once_though_the_old_refresh_token_dies():
    minted: list[str] = []

    def behave(connection, over):
        while request := read_request(connection):
            head = request.decode().lower()
            if "/authentication/token" in head:
                old = next(line for line in head.split("\r\n") if line.startswith("refreshtoken:"))
                minted.append(old.split(": ")[1])
                fresh = len(minted)
                body = b'{"token": "a%d", "expiresIn": 86400, "refreshToken": "r%d"}' % (fresh, fresh)
            else:
                body = b'{"success": true, "pages": {"nextPageExists": false}, "data": []}'
            connection.sendall(answer(body))

    store = Store(make_tokens(refresh="r0", access=None))
    failures: list[Exception] = []
    start = threading.Barrier(6)

    def work(base: str) -> None:
        beds24 = connect("beds24", {"api_url": base}, HttpClient, store)
        start.wait(10)
        try:
            beds24.fetch_properties()
        except Exception as error:
            failures.append(error)

    with serving(behave) as base:
        workers = [threading.Thread(target=work, args=(base,)) for _ in range(6)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(20)

    assert failures == []
    assert minted == ["r0"]
    assert [tokens.refresh for tokens in store.saved] == ["r1"]


@pytest.mark.parametrize(
    ("left", "unused", "renewed"),
    [
        (timedelta(hours=20), timedelta(days=1), False),
        (timedelta(minutes=30), timedelta(days=1), True),  # ends soon
        (timedelta(hours=20), timedelta(days=7), True),  # the refresh token must not rest for 30 days
    ],
)
def test_the_schedule_renews_ahead_of_the_end_and_at_least_weekly(left, unused, renewed):
    store = Store(make_tokens(expires_at=NOW + left, refreshed_at=NOW - unused))

    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        wire.get(TOKEN, json={"token": "a2", "expiresIn": 86400})
        tokens = make_beds24(store).keep_signed_in(timedelta(hours=1), timedelta(days=7))

    assert (tokens.access == "a2") is renewed
    assert (tokens == store.tokens) and (len(store.saved) == int(renewed))


def test_the_account_says_what_it_may_do(wire):
    wire.get(DETAILS, json=details(onlyPropertyId=555, whiteListOnly=True, whiteList=["203.0.113.7"]))

    found = make_beds24().account_details()

    assert isinstance(found, AccountDetails)
    assert (found.owner_id, found.only_property_id, found.label) == ("100200", "555", "portal")
    assert found.scopes == ("read:bookings", "all:inventory")
    assert (found.expires_in, found.linked_properties) == (81234.0, False)
    assert found.allowed_addresses == ("203.0.113.7",)
    assert found.created_at and found.created_at.isoformat() == "2027-01-05T09:00:00+00:00"


def test_a_dead_token_is_told_by_a_200_that_says_so(wire):
    wire.get(DETAILS, json={"validToken": False})
    wire.get(TOKEN, json={"token": "a2", "expiresIn": 86400})

    with pytest.raises(AuthFailed, match="not valid"):
        make_beds24().account_details()


def test_the_connection_is_proved_in_one_sentence(wire):
    wire.get(DETAILS, json=details())
    wire.get(PROPERTIES, json=page(recorded("property"), kind="property"))

    assert make_beds24().test_connection() == "Beds24 accepts the token of account 100200; it sees 1 property."


@pytest.mark.parametrize(("status", "body"), [(200, ""), (200, "{}"), (401, "{}")])
def test_signing_out_ends_the_refresh_token_or_finds_it_ended(wire, status, body):
    wire.delete(TOKEN, body=body, status=status)

    make_beds24().sign_out()

    assert wire.calls[0].request.headers["refreshToken"] == REFRESH


def test_no_secret_reaches_the_journal(wire):
    calls: list[Call] = []
    wire.get(TOKEN, json={"token": "a2-secret", "expiresIn": 86400, "refreshToken": "r2-secret"})
    wire.get(PROPERTIES, json=page(recorded("property") | {"webhooks": {"customHeader": "X: hush"}}, kind="property"))

    make_beds24(Store(make_tokens(access=None)), journal=calls.append).fetch_properties()

    written = repr(calls)
    assert len(calls) == 2
    for secret in (REFRESH, "a2-secret", "r2-secret", "hush"):
        assert secret not in written
