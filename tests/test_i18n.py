"""Every word a person reads goes through gettext."""

from __future__ import annotations

import flask_babel
import pytest

from portal import tenancy
from portal.domain.channels import CHANNELS
from portal.models import Role
from portal.services import invitations, recovery, verification
from portal.services.members import EVERYWHERE
from portal.web import errors
from tests.factories import alices_house, charlies_house, make_admin
from tests.letters import last
from tests.messages import extracted
from tests.pages import plain_pages
from tests.people import sign_in
from tests.pseudo import Pseudo, pseudo, untranslated


@pytest.fixture
def pseudo_language(monkeypatch):
    monkeypatch.setattr(flask_babel.Domain, "get_translations", lambda self: Pseudo())


def names(house):
    channels = [each.name for each in CHANNELS.values()]
    return [house.organization.name, house.property.name, house.owner.name, house.owner.email, *channels]


def test_the_checker_finds_what_was_forgotten():
    page = (
        f'<p title="Forgotten">{pseudo("Said")} <b>and not</b> <i translate="no">Faro</i> <time>3 May</time> 12 Dec</p>'
    )

    assert untranslated(page) == ["Forgotten", "and", "not"]
    assert untranslated(f"<p>{pseudo('Hello %(name)s') % {'name': pseudo('you')}} Seaview</p>", ["Seaview"]) == []


def test_every_page_of_a_property_speaks_the_readers_language(client, app, db, redis, pseudo_language):
    alice = alices_house()
    sign_in(client, alice.owner)
    pages = [url for url in plain_pages(app, alice.property_id, alice.organization_id) if not url.startswith("/admin")]

    found = {}
    for url in pages:
        answer = client.get(url)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            found[url] = untranslated(answer.text, names(alice))

    assert {url: words for url, words in found.items() if words} == {}
    assert "/me" in found and "/switch" in found


def test_the_pages_before_signing_in_do_too(client, db, redis, pseudo_language):
    answers = [client.get("/sign-in"), client.post("/sign-in", data={}),
               client.post("/sign-in", data={"email": "a@b.test", "password": "wrong"})]  # fmt: skip

    assert [answer.status_code for answer in answers] == [200, 422, 422]
    assert [untranslated(answer.text) for answer in answers] == [[], [], []]


def test_the_pages_behind_a_link_in_a_mail_do_too(client, db, redis, pseudo_language):
    alice = alices_house()
    with tenancy.of(alice.organization_id):
        invitations.invite("bea@example.test", Role.STAFF, EVERYWHERE, inviter=alice.owner, address="")
    recovery.ask(alice.owner.email, address="")
    verification.ask(alice.owner, address="")
    links = [last(kind).link for kind in ("invitation", "reset", "verification")]
    pages = ["/forgotten", "/forgotten/sent", "/sign-up", "/sign-up/sent", "/verified", *links,
             "/invitations/x", "/reset/x", "/verify/x"]  # fmt: skip

    found = {url: untranslated(client.get(url).text, [*names(alice), "bea@example.test"]) for url in pages}

    assert {url: words for url, words in found.items() if words} == {}
    assert pseudo("Choose a new password") in last("reset").subject


def test_the_platforms_pages_do_too(client, db, pseudo_language):
    alice, charlie, admin = alices_house(), charlies_house(), make_admin()
    sign_in(client, admin)

    page = client.get("/admin/tenants").text

    assert alice.organization.name in page
    assert untranslated(page, [*names(alice), *names(charlie), admin.name, admin.email]) == []


@pytest.mark.parametrize("code", [400, 401, 403, 404, 405, 409, 413, 418, 429, 500, 503])
@pytest.mark.parametrize("htmx", [True, False])
def test_every_error_is_a_sentence_in_the_readers_language(app, db, pseudo_language, code, htmx):
    with app.test_request_context("/", headers={"HX-Request": "true"} if htmx else {}):
        app.preprocess_request()
        answer = errors.page(code)

    assert answer.status_code == code
    assert untranslated(answer.get_data(as_text=True)) == []


def test_form_errors_of_the_library_are_said_in_the_readers_language(client, db, redis, pseudo_language):
    page = client.post("/sign-in", data={"email": ""}).text

    assert pseudo("This is needed.") in page
    assert "Missing data" not in page


def test_an_unknown_language_gets_english(client, db):
    page = client.get("/sign-in", headers={"Accept-Language": "tlh,x-nonsense;q=0.9"})

    assert '<html lang="en"' in page.text and "Sign in" in page.text


def test_translators_find_every_message():
    found = extracted()

    assert {"Sign in", "%(num)d night", "This page is not here", "Prices & rooms"} <= found
