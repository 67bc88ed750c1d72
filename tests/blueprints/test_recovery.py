"""A forgotten password, as a browser sees it."""

from __future__ import annotations

import pytest

from portal.db import unit_of_work
from portal.services import accounts, attempts
from tests.factories import PASSWORD, alices_house, charlies_house
from tests.letters import last, waiting
from tests.people import sign_in

NEW = "otters like cold rivers"


def ask(client, email):
    return client.post("/forgotten", data={"email": email})


def test_alice_chooses_a_new_password_and_every_device_of_hers_is_signed_out(client, app, db, redis):
    alice = alices_house()
    elsewhere = sign_in(app.test_client(), alice.owner)
    ask(client, alice.owner.email.upper())
    link = last("reset").link

    page = client.get(link)
    answer = client.post(link, data={"new_password": NEW})

    assert page.status_code == 200 and answer.location == "/sign-in?changed=1"
    assert elsewhere.get("/me").status_code == 303
    assert client.post("/sign-in", data={"email": alice.owner.email, "password": PASSWORD}).status_code == 422
    assert client.post("/sign-in", data={"email": alice.owner.email, "password": NEW}).status_code == 303
    assert last("password_changed").to == alice.owner.email


def test_an_unknown_address_gets_the_same_answer_and_no_mail(client, db, redis):
    alice = alices_house()

    known, unknown = ask(client, alice.owner.email), ask(client, "nobody@example.test")

    assert (known.status_code, known.location, known.data) == (unknown.status_code, unknown.location, unknown.data)
    assert [each.to for each in waiting()] == [alice.owner.email]


def test_a_link_changes_one_password_once_and_nobody_elses(client, db, redis):
    alice, charlie = alices_house(), charlies_house()
    ask(client, alice.owner.email)
    link = last("reset").link
    client.post(link, data={"new_password": NEW})

    again = client.post(link, data={"new_password": "herons like low tides"})

    assert again.status_code == client.get(link).status_code == 404
    assert "does not work any more" in again.text
    assert client.post("/sign-in", data={"email": charlie.owner.email, "password": PASSWORD}).status_code == 303


def test_a_weak_password_is_refused_and_the_link_stays_good(client, db, redis):
    alice = alices_house()
    ask(client, alice.owner.email)
    link = last("reset").link

    weak = client.post(link, data={"new_password": "roomwire12345"})
    missing = client.post(link, data={})

    assert weak.status_code == missing.status_code == 422 and 'id="new_password-error"' in weak.text
    assert client.post(link, data={"new_password": NEW}).status_code == 303


@pytest.mark.parametrize("path", ["verify", "reset"])
def test_a_link_for_something_else_opens_nothing(client, db, redis, path):
    alice = alices_house()
    ask(client, alice.owner.email)
    token = last("reset").link.split("/")[-1]

    answer = client.get(f"/{path}/{token}")

    assert answer.status_code == (200 if path == "reset" else 404)


def test_an_old_link_is_dead(client, db, redis):
    alice = alices_house()
    ask(client, alice.owner.email)
    with unit_of_work():
        db.session.execute(db.text("update tokens set expires_at = clock_timestamp() - interval '1 second'"))

    assert client.post(last("reset").link, data={"new_password": NEW}).status_code == 404


def test_a_disabled_person_gets_no_link(client, db, redis):
    alice = alices_house()
    accounts.disable(alice.owner)

    ask(client, alice.owner.email)

    assert waiting() == []


def test_mails_to_one_address_are_counted_known_or_not(client, db, redis):
    alice = alices_house()
    for email in (alice.owner.email, "nobody@example.test"):
        for _ in range(attempts.MAILS_PER_ACCOUNT):
            assert ask(client, email).status_code == 303

        assert ask(client, email).status_code == 429


def test_the_link_leads_to_our_own_address_whatever_host_is_named(client, db, redis, settings):
    alice = alices_house()

    client.post("/forgotten", data={"email": alice.owner.email},
                headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})  # fmt: skip

    assert f"{settings.public_url}/reset/" in last("reset").text and "evil" not in last("reset").html
