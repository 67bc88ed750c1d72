"""What every answer carries, whatever it answers; and who is believed about addresses and hosts."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sqlalchemy.exc import OperationalError

from portal import extensions
from portal.app import create_app
from portal.extensions import runtime
from portal.services import accounts, attempts
from portal.services.errors import Refused
from portal.web import assets
from portal.web.headers import HEADERS
from tests.factories import alices_house
from tests.people import sign_in

HTMX = {"HX-Request": "true"}


@pytest.fixture
def production(app, settings):
    """The portal as it would be behind https://rooms.example.com, one proxy before it."""
    client = extensions.redis.client
    made = create_app(
        replace(settings, roomwire_env="production", public_url="https://rooms.example.com", trusted_proxies=1)
    )
    yield made
    with made.app_context():
        extensions.db.engine.dispose()
    extensions.redis.client.close()
    extensions.redis.client = client
    runtime.bind(settings)


def failing(error):
    def sign_in(*args, **more):
        raise error

    return sign_in


def away():
    return OperationalError("select secret", {}, Exception("password=hunter2"))


def css(app):
    with app.test_request_context():
        return assets.asset("css/base.css"), assets.vendor("htmx.js")


def test_every_answer_carries_the_security_headers(client, app, db, redis, monkeypatch):
    ours, theirs = css(app)
    alice = alices_house()
    answers = {
        "sign-in": client.get("/sign-in"),
        "not found": client.get("/nowhere"),
        "static": client.get(ours, buffered=True),
        "static, not found": client.get("/static/nowhere.css"),
        "vendor": client.get(theirs, buffered=True),
        "vendor, not found": client.get("/vendor/x/htmx.js"),
        "wrong method": client.post("/health/live"),
        "redirect": client.get("/me"),
        "fragment, signed out": client.get("/me", headers=HTMX),
        "machine": client.get("/health/live"),
        "too large": client.post("/sign-in", data={"email": "x" * (5 * 1024 * 1024)}),
        "forbidden": sign_in(client, alice.owner).get("/admin/tenants"),
        "page": client.get("/me"),
    }
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    answers["csrf"] = client.post("/sign-out")
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    for error in (away(), ZeroDivisionError("password=hunter2"), Refused("No."), attempts.TooManyAttempts(9)):
        monkeypatch.setattr(accounts, "sign_in", failing(error))
        answers[type(error).__name__] = client.post("/sign-in", data={"email": "a@b.test", "password": "x"})

    for what, answer in answers.items():
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, what
    assert {what: answer.status_code for what, answer in answers.items()} == {
        "sign-in": 200, "not found": 404, "static": 200, "static, not found": 404, "vendor": 200,
        "vendor, not found": 404, "wrong method": 405, "redirect": 303, "fragment, signed out": 401, "machine": 200,
        "too large": 413, "csrf": 403, "forbidden": 403, "page": 200, "OperationalError": 503,
        "ZeroDivisionError": 500, "Refused": 409, "TooManyAttempts": 429,
    }  # fmt: skip


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere():
    policy = HEADERS["Content-Security-Policy"]

    assert "unsafe" not in policy and "http" not in policy and "*" not in policy
    assert policy.startswith("default-src 'none'") and "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("error", [away(), ZeroDivisionError("password=hunter2")])
def test_an_error_page_tells_nothing_of_what_is_inside(client, db, redis, monkeypatch, error):
    monkeypatch.setattr(accounts, "sign_in", failing(error))

    answer = client.post("/sign-in", data={"email": "a@b.test", "password": "x"})

    assert answer.status_code >= 500
    assert not any(word in answer.text for word in ("hunter2", "secret", "Traceback", "select", "Error"))


def test_a_database_that_is_away_asks_for_patience(client, db, redis, monkeypatch):
    monkeypatch.setattr(accounts, "sign_in", failing(away()))

    answer = client.post("/sign-in", data={"email": "a@b.test", "password": "x"}, headers=HTMX)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "<html" not in answer.text


def test_pages_are_kept_by_nobody_and_files_by_everybody(client, app, db):
    ours, theirs = css(app)

    assert client.get("/sign-in").headers["Cache-Control"] == "no-store"
    assert client.get("/nowhere").headers["Cache-Control"] == "no-store"
    for url in (ours, theirs):
        assert client.get(url, buffered=True).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get("/static/css/base.css", buffered=True).headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "name", ["../package.json", "..%2fpackage.json", "axe-core/axe.min.js", "htmx.org/dist/htmx.min.js", "bootstrap.js"]
)
def test_no_third_party_file_is_served_but_those_that_are_named(client, app, db, name):
    digest = css(app)[1].split("/")[2]

    assert client.get(f"/vendor/{digest}/{name}").status_code == 404


def test_every_third_party_file_that_is_named_is_there(client, app, db):
    with app.test_request_context():
        urls = [assets.vendor(name) for name in assets.VENDOR]

    assert [client.get(url, buffered=True).status_code for url in urls] == [200] * len(urls)


def test_no_template_holds_a_script_a_style_or_a_handler_of_its_own():
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|hx-on|javascript:|\bjs:")
    templates = (assets.STATIC.parent / "templates").rglob("*.html")

    found = {each.name: inline.findall(each.read_text()) for each in templates}
    assert {name: hits for name, hits in found.items() if hits} == {}
    assert len(found) > 10


# -- production -------------------------------------------------------------------------------------


def through_proxy(**more):
    return {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "rooms.example.com",
        **more,
    }


def test_in_production_the_browser_is_told_to_stay_with_https_and_cookies_stay_at_home(production):
    answer = production.test_client().get("/sign-in", headers=through_proxy())

    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-roomwire-form=")
    assert "Secure" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize("host", ["evil.example", "rooms.example.com.evil.example", "rooms.example.com@evil.example"])
def test_in_production_a_host_of_the_senders_choice_is_refused(production, host):
    answer = production.test_client().get("/sign-in", headers=through_proxy(**{"X-Forwarded-Host": host}))

    assert answer.status_code == 400
    assert host not in answer.text
    assert answer.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


def test_in_production_probes_come_by_loopback(production):
    assert production.test_client().get("/health/live", headers={"Host": "127.0.0.1:8000"}).status_code == 200


def test_a_redirect_never_names_a_host(production):
    answer = production.test_client().get("/me", headers=through_proxy())

    assert answer.location == "/sign-in?next=/me"
