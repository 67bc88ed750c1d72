"""Accounts one signs in to by a code: one renewal at a time, none lost, and what happens when it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from chaos import reconciler
from portal import tenancy
from portal.db import end_reading, now
from portal.extensions import db
from portal.models import ConnectionState, Duty, ProviderLogin
from portal.services import connections, connectors, drain, duties, login_tokens, logins, provision, push
from portal.services.errors import NotFound, Refused
from portal.services.login_tokens import LoginTokens
from providers.errors import AuthFailed, Retryable
from providers.tokens import Tokens
from tests.house import Sandbox
from tests.services import beds, engine
from tests.services.beds import BedsHouse


def _expire(house: BedsHouse) -> None:
    """The access token is near its end, as after most of a day."""
    house.edit_login(expires_at=now() + timedelta(minutes=1))


def _renewals(house: BedsHouse) -> int:
    return sum(call["path"].endswith("/authentication/token") for call in house.all_calls())


def _tokens_in(house: BedsHouse) -> tuple[str | None, str | None]:
    login = house.login
    return login.refresh, login.access


def test_tokens_are_stored_sealed_and_the_code_is_gone(beds_house: BedsHouse) -> None:
    login = beds_house.login
    held = db.session.execute(text("select refresh_sealed, access_sealed, code_sealed from provider_logins")).one()
    end_reading()

    assert login.refresh and login.refresh.encode() not in bytes(held.refresh_sealed)
    assert login.access and login.access.encode() not in bytes(held.access_sealed)
    assert held.code_sealed is None
    assert login.external_id and login.details["scopes"]


def test_a_token_that_ends_in_the_middle_of_a_sync_is_renewed_once_and_the_sync_goes_on(
    beds_house: BedsHouse,
) -> None:
    beds_house.sim("POST", "tokens/expire", json={"kind": "access"})
    beds_house.set_price("133", 7)

    beds_house.push()

    assert beds_house.price(beds_house.day(7))["rate"] == "133.00"
    assert _renewals(beds_house) == 1
    assert beds_house.incidents() == set()


def test_two_workers_at_once_renew_once(beds_house: BedsHouse) -> None:
    beds_house.sim("POST", "switches", json={"rotate_refresh_tokens": True})
    old_refresh, _ = _tokens_in(beds_house)
    _expire(beds_house)
    beds_house.fault("slow", delay=1.0, match={"path_prefix": "/authentication/token"}, times=1)
    beds_house.set_price("133", 7)
    booking = beds_house.book()

    with engine.beside(beds_house, lambda: push.push(beds_house.connection_id)):
        engine.eventually(lambda: beds_house.login.leased_until)
        drain.request_pull(beds_house.connection_id)
        assert drain.drain(beds_house.connection_id)

    assert _renewals(beds_house) == 1
    assert beds_house.login.refresh != old_refresh
    assert beds_house.reservation().code == booking["code"]
    beds_house.push()
    assert reconciler.differences(beds_house.sandbox.url, nights=beds_house.nights) == []


def test_a_renewal_that_was_overtaken_does_not_take_the_newer_tokens_back(beds_house: BedsHouse) -> None:
    store = LoginTokens(beds_house.login.id)
    newer = store.load()
    assert newer.refreshed_at is not None
    older = replace(newer, refresh="an older one", refreshed_at=newer.refreshed_at - timedelta(minutes=1))

    store.save(older)

    assert store.load().refresh == newer.refresh


def test_a_worker_waits_for_the_renewal_of_another_and_does_not_wait_for_a_dead_one(beds_house: BedsHouse) -> None:
    store = LoginTokens(beds_house.login.id)
    beds_house.edit_login(holder="somebody:1:1", leased_until=now() + timedelta(seconds=1))

    with store.exclusively():
        held = beds_house.login.holder

    assert held.startswith(duties.holder())
    assert beds_house.login.leased_until is None


def test_five_refused_renewals_in_a_row_stop_the_connection_and_are_told(beds_house: BedsHouse) -> None:
    beds_house.sim("POST", "tokens/expire", json={"kind": "refresh"})
    _expire(beds_house)

    for expected in range(1, 5):
        beds_house.edit_login(retry_at=None)
        logins.keep_signed_in()
        assert beds_house.login.failures == expected
        assert beds_house.login.retry_at > now()
        assert beds_house.connection.state is ConnectionState.ACTIVE
        logins.keep_signed_in()  # it waits for its time
        assert beds_house.login.failures == expected
    beds_house.edit_login(retry_at=None)
    logins.keep_signed_in()

    assert beds_house.connection.state is ConnectionState.BROKEN
    assert "credential_refused" in beds_house.incidents()
    assert _renewals(beds_house) == 5


def test_while_renewals_wait_for_their_time_nobody_calls_the_provider(beds_house: BedsHouse) -> None:
    beds_house.sim("POST", "tokens/expire", json={"kind": "refresh"})
    beds_house.sim("POST", "tokens/expire", json={"kind": "access"})
    store = LoginTokens(beds_house.login.id)
    with pytest.raises(Retryable), store.exclusively():
        raise AuthFailed("the refresh token is dead")
    beds_house.forget_calls()

    with pytest.raises(Retryable) as waits, store.exclusively():
        raise AssertionError("the renewal was let through")

    assert waits.value.retry_after is not None and waits.value.retry_after > 0
    assert _renewals(beds_house) == 0


def test_a_new_code_of_the_same_account_puts_the_connection_to_work_again(beds_house: BedsHouse) -> None:
    beds_house.sim("POST", "tokens/expire", json={"kind": "refresh"})
    _expire(beds_house)
    for _ in range(5):
        beds_house.edit_login(retry_at=None)
        logins.keep_signed_in()
    beds_house.set_price("144", 7)
    before = beds_house.login.id

    connections.sign_in_again(beds_house.connection, beds_house.sim("POST", "invite", json={})["code"])
    assert provision.run(beds_house.connection_id)

    assert beds_house.connection.state is ConnectionState.ACTIVE
    assert beds_house.login.id != before
    assert len(engine.fresh(ProviderLogin)) == 1
    assert "credential_refused" not in beds_house.incidents()
    beds_house.push()
    assert beds_house.price(beds_house.day(7))["rate"] == "144.00"


def test_a_code_of_another_account_replaces_nothing(beds_house: BedsHouse) -> None:
    before = beds_house.login.id
    code = beds_house.sim("POST", "invite", json={"owner_id": 777_000})["code"]

    connections.sign_in_again(beds_house.connection, code)
    assert provision.run(beds_house.connection_id)

    assert beds_house.login.id == before
    assert "another account" in beds_house.login.error
    beds_house.set_price("133", 7)
    beds_house.push()
    assert beds_house.price(beds_house.day(7))["rate"] == "133.00"


def test_a_code_that_is_refused_is_said_and_forgotten(beds24: Sandbox) -> None:
    with tenancy.of(engine.found_organization("Alice Hotels")):
        connection = connections.create(engine.build_property(), "beds24", code="mistyped")

        assert provision.run(connection.id)

        (login,) = engine.fresh(ProviderLogin)
        assert (login.code_sealed, login.refresh_sealed) == (None, None)
        assert "invite code" in login.error
        db.session.refresh(connection)
        assert connection.state is ConnectionState.SETTING_UP
        end_reading()


def test_two_properties_use_one_account_and_an_organization_may_have_two(beds24: Sandbox) -> None:
    with tenancy.of(engine.found_organization("Alice Hotels")):
        first = beds.connect(beds24, engine.build_property(name="Sea"))
        second_property = engine.build_property(name="Mountain")
        there = beds.build_there(beds24, second_property)["properties"][0]

        second = connections.create(second_property, "beds24", login_id=first.login.id)
        assert provision.run(second.id)
        connections.choose_property(second, str(there["id"]))
        beds.map_everything(second, there)
        beds.begin(second)
        other = connections.create(
            engine.build_property(name="Lake"),
            "beds24",
            code=beds24.control("POST", "beds24/invite", json={"owner_id": 777_000})["code"],
        )
        assert provision.run(other.id)

        assert second.login_id == first.connection.login_id
        assert {login.external_id for login in engine.fresh(ProviderLogin)} == {first.login.external_id, "777000"}


def test_a_property_with_another_currency_there_is_not_taken(beds24: Sandbox) -> None:
    with tenancy.of(engine.found_organization("Alice Hotels")):
        property = engine.build_property()
        built = beds.build_there(beds24, property, currency="PLN")
        connection = connections.create(property, "beds24", code=built["code"])
        assert provision.run(connection.id)

        with pytest.raises(Refused, match="PLN"):
            connections.choose_property(connection, str(built["properties"][0]["id"]))


def test_a_property_somebody_else_has_connected_is_not_taken_twice(beds_house: BedsHouse) -> None:
    second = connections.create(engine.build_property(name="Twin"), "beds24", login_id=beds_house.login.id)
    assert provision.run(second.id)

    with pytest.raises(Refused, match="connected elsewhere"):
        connections.choose_property(second, beds_house.external_id)


def test_an_unused_credential_is_warned_of_before_it_dies_and_the_schedule_keeps_it_alive(
    beds_house: BedsHouse,
) -> None:
    beds_house.edit_login(refreshed_at=now() - timedelta(days=24))
    with engine.settings(beds24_sync_enabled=False):
        logins.keep_signed_in()
    assert "login_unused" in beds_house.incidents()
    assert _renewals(beds_house) == 0

    logins.keep_signed_in()

    assert _renewals(beds_house) == 1
    assert "login_unused" not in beds_house.incidents()


def test_the_schedule_leaves_fresh_tokens_alone(beds_house: BedsHouse) -> None:
    logins.keep_signed_in()

    assert _renewals(beds_house) == 0


def test_background_work_leaves_the_last_credits_to_closings(beds_house: BedsHouse) -> None:
    beds_house.sim("POST", "credits", json={"left": 12})
    connectors.line_for(beds_house.connection).connector.fetch_properties()  # hears what is left: eleven

    with pytest.raises(Retryable) as waits:
        connectors.line_for(beds_house.connection, urgent=False).connector.fetch_properties()
    beds_house.book()
    beds_house.pull()

    assert 0 < (waits.value.retry_after or 0) <= 300
    assert beds_house.left(beds_house.day(5)) == 2
    found = connectors.meter(beds_house.login)
    assert found is not None and found.left is not None and found.left < 11


def test_without_credits_nobody_calls_until_the_window_begins_anew(beds_house: BedsHouse) -> None:
    beds_house.sim("POST", "credits", json={"left": 0})
    beds_house.set_price("133", 7)
    beds_house.push()
    refused = [call for call in beds_house.all_calls() if call["status"] == 429]

    beds_house.push()
    beds_house.push()

    assert len(refused) == 1
    assert len([call for call in beds_house.all_calls() if call["status"] == 429]) == 1
    assert beds_house.duty(Duty.PUSH).attempts == 0
    assert beds_house.lane(beds_house.plans[0]).due_at is not None


def test_two_connections_of_one_account_call_one_after_the_other(beds_house: BedsHouse) -> None:
    beds_house.sim("POST", "switches", json={"answer_seconds": 0.3})
    beds_house.set_price("133", 7)
    beds_house.book()

    with engine.beside(beds_house, lambda: push.push(beds_house.connection_id)):
        beds_house.receive()

    (meter,) = beds_house.sim("GET", "credits")["accounts"]
    assert meter["most_at_once"] == 1


def test_a_stranger_signs_in_to_nothing_of_alices(beds_house: BedsHouse) -> None:
    hers = beds_house.login.id
    with tenancy.of(engine.found_organization("Charlie Inns")), pytest.raises(NotFound):
        connections.create(engine.build_property(), "beds24", login_id=hers)


def test_a_save_survives_a_database_that_is_away_for_a_moment(
    beds_house: BedsHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LoginTokens(beds_house.login.id)
    monkeypatch.setattr(login_tokens, "SAVE_WAITS", (0.0,))
    tokens = store.load()
    write, tries = login_tokens.write, []

    def away_at_first(login_id: UUID, changed: Tokens) -> None:
        tries.append(changed)
        if len(tries) == 1:
            raise OperationalError("update", {}, Exception("the server closed the connection"))
        write(login_id, changed)

    monkeypatch.setattr(login_tokens, "write", away_at_first)
    store.save(replace(tokens, refresh="a changed refresh token", refreshed_at=now()))

    assert store.load().refresh == "a changed refresh token"
    assert len(tries) == 2
