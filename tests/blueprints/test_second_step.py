"""Codes at sign-in and the list of devices, as a browser sees them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pyotp
import pytest

from portal.db import unit_of_work
from portal.services import second_steps
from portal.web.devices import device
from tests.factories import PASSWORD, alices_house, charlies_house
from tests.people import COOKIE, sign_in, token_of

PENDING = f"{COOKIE}-code"
AT = datetime(2031, 5, 1, 12, 0, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Time stands still: no period ends between reading a code and typing it."""
    monkeypatch.setattr(second_steps, "now", lambda: AT)


@pytest.fixture
def alice(db, redis):
    return alices_house()


def switch_on(client):
    """The phone and the recovery codes of who is signed in."""
    client.post("/me/second-step/start")
    page = client.get("/me/second-step").text
    phone = pyotp.TOTP(re.search(r"<code[^>]*>([A-Z2-7 ]+)</code>", page).group(1).replace(" ", ""))
    done = client.post("/me/second-step/confirm", data={"code": phone.at(AT, counter_offset=-1)})
    return phone, re.findall(r"<code>([a-z0-9-]{19})</code>", done.text)


def test_alice_switches_codes_on_and_signs_in_with_one(client, app, alice):
    phone, codes = switch_on(sign_in(client, alice.owner))
    browser = app.test_client()

    first = browser.post("/sign-in", data={"email": alice.owner.email, "password": PASSWORD, "next": "/me"})
    assert first.location == "/sign-in/code?next=/me" and browser.get_cookie(COOKIE) is None
    assert browser.get(first.location).status_code == 200 and browser.get("/me").status_code == 303
    wrong = browser.post("/sign-in/code", data={"code": "x", "next": "/me"})
    right = browser.post("/sign-in/code", data={"code": phone.at(AT), "next": "/me"})

    assert len(codes) == 10
    assert wrong.status_code == 422 and 'id="code-error"' in wrong.text and 'name="next" value="/me"' in wrong.text
    assert right.location == "/me" and browser.get("/me").status_code == 200
    assert browser.get_cookie(PENDING) is None


def test_the_square_is_drawn_without_styles_and_the_seed_is_gone_afterwards(client, alice):
    sign_in(client, alice.owner).post("/me/second-step/start")
    before = client.get("/me/second-step").text
    phone, _ = switch_on(client)
    after = client.get("/me/second-step").text

    assert "<svg viewBox" in before and "style=" not in before
    assert phone.secret not in after.replace(" ", "") and "<svg viewBox" not in after.split("<main")[1]


def test_a_recovery_code_signs_in_without_the_phone(client, app, alice):
    _, codes = switch_on(sign_in(client, alice.owner))
    browser = app.test_client()
    for expected in (303, 422):
        browser.post("/sign-in", data={"email": alice.owner.email, "password": PASSWORD})
        assert browser.post("/sign-in/code", data={"code": codes[0]}).status_code == expected


def test_without_a_first_step_there_is_no_second(client, alice):
    assert client.get("/sign-in/code").location == "/sign-in"
    client.set_cookie(PENDING, "made-up")
    assert client.post("/sign-in/code", data={"code": "123456"}).location == "/sign-in"


def test_switching_off_needs_password_and_code(client, alice):
    phone, _ = switch_on(sign_in(client, alice.owner))

    wrong = client.post("/me/second-step/off", data={"password": "not it", "off_code": phone.at(AT)})
    assert wrong.status_code == 422 and second_steps.is_on(alice.owner.id)
    right = client.post("/me/second-step/off", data={"password": PASSWORD, "off_code": phone.at(AT)})

    assert right.status_code == 303 and not second_steps.is_on(alice.owner.id)


def test_setting_up_asks_who_it_is_when_the_last_proof_is_old(client, alice, db):
    sign_in(client, alice.owner)
    with unit_of_work():
        db.session.execute(db.text("update user_sessions set proved_at = clock_timestamp() - interval '1 hour'"))

    answer = client.post("/me/second-step/start")

    assert answer.status_code == 403 and second_steps.state(alice.owner.id).setting_up is False


def test_alice_signs_out_every_other_device_and_stays(client, app, alice):
    others = [sign_in(app.test_client(), alice.owner) for _ in range(2)]
    sign_in(client, alice.owner)
    assert "Sign out every other device" in client.get("/me").text

    client.post("/me/sessions/close-others")

    assert [each.get("/me").status_code for each in (client, *others)] == [200, 303, 303]


def test_nobody_elses_devices_are_signed_out(client, app, alice, db):
    token = token_of(charlies_house().owner)
    sign_in(client, alice.owner).post("/me/sessions/close-others")

    browser = app.test_client()
    browser.set_cookie(COOKIE, token)
    assert browser.get("/me").status_code == 200


@pytest.mark.parametrize(
    ("user_agent", "said"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0", "Firefox on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.4 Safari/605.1.15",
         "Safari on Mac"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/129.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/129.0 Safari/537.36 Edg/129.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1", "Safari on iPhone"),
        ("curl/8", "Another device"), ("", "Another device"),
    ],
)  # fmt: skip
def test_a_device_is_said_in_words(app, user_agent, said):
    with app.test_request_context():
        assert device(user_agent) == said
