"""Signing up and confirming the address, as a browser sees it."""

from __future__ import annotations

import dataclasses

import pytest

from portal import extensions, tenancy
from portal.models import Role, User
from portal.services import access, accounts, attempts
from tests.factories import PASSWORD, alices_house, make_user
from tests.letters import last, waiting
from tests.people import COOKIE, sign_in

MARIA = {
    "name": "Maria Lopes",
    "organization": "Quinta do Lago",
    "email": "Maria@quinta.test",
    "new_password": PASSWORD,
}
BANNER = "Please confirm your e-mail address"


def sign_up(client, **changes):
    return client.post("/sign-up", data={**MARIA, **changes})


def maria():
    user = accounts.by_email("maria@quinta.test")
    assert user is not None
    return user


def test_maria_founds_an_organization_and_is_its_signed_in_owner(client, db, redis):
    answer = sign_up(client)

    assert answer.status_code == 303 and client.get_cookie(COOKIE) is not None
    (belonging,) = access.belongings(maria().id)
    assert (belonging.organization_name, belonging.role) == ("Quinta do Lago", Role.OWNER)
    with tenancy.of(belonging.organization_id):
        query = db.text("select actor_id, action from audit_log")
        assert db.session.execute(query).all() == [(maria().id, "organization.created")]


def test_she_may_work_before_she_confirms_her_address_and_is_reminded_calmly(client, db, redis):
    sign_up(client)
    before = client.get("/me").text

    opened = client.get(last("verification").link)
    assert not accounts.is_verified(maria())
    answer = client.post(last("verification").link)

    assert BANNER in before and opened.status_code == 200
    assert client.get(answer.location).status_code == 200
    assert accounts.is_verified(maria())
    assert BANNER not in client.get("/me").text


def test_her_link_works_once(client, db, redis):
    sign_up(client)
    link = last("verification").link
    client.post(link)

    assert client.post(link).status_code == client.get(link).status_code == 404


def test_another_mail_can_be_asked_for_but_not_for_ever(client, db, redis):
    sign_up(client)

    answers = [client.post("/me/verification").status_code for _ in range(attempts.MAILS_PER_ACCOUNT + 1)]

    assert answers == [303] * attempts.MAILS_PER_ACCOUNT + [429]
    assert len([each for each in waiting() if each.kind == "verification"]) == 1 + attempts.MAILS_PER_ACCOUNT


def test_whose_address_is_confirmed_needs_no_mail(client, db, redis):
    alice = alices_house()
    sign_in(client, alice.owner)

    client.post("/me/verification")

    assert waiting() == []


def test_a_known_address_founds_nothing_and_its_owner_is_told(client, db, redis):
    ana = make_user("Ana", "ana@example.test")

    answer = sign_up(client, email="ANA@example.test", new_password="quite another sentence")

    assert answer.location == "/sign-up/sent" and client.get(answer.location).status_code == 200
    assert client.get_cookie(COOKIE) is None
    assert access.belongings(ana.id) == []
    assert [(each.kind, each.to) for each in waiting()] == [("known_already", "ana@example.test")]
    assert client.post("/sign-in", data={"email": ana.email, "password": PASSWORD}).status_code == 303


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", " "), ("organization", ""), ("organization", "x" * 201), ("email", "maria"), ("email", "m@x\x00.test"),
     ("new_password", "short"), ("new_password", "quintadolago"), ("new_password", "maria@quinta.test")],
)  # fmt: skip
def test_what_cannot_be_is_refused_at_its_field_and_the_rest_is_kept(client, db, redis, field, value):
    answer = sign_up(client, **{field: value})

    assert answer.status_code == 422 and f'id="{field}-error"' in answer.text
    assert field == "name" or "Maria Lopes" in answer.text
    assert PASSWORD not in answer.text
    assert accounts.people() == 0


def test_fields_that_no_form_has_make_nobody_powerful(client, db, redis):
    sign_up(client, is_platform_admin="1", role="owner", id="1", email_verified_at="2026-01-01")

    assert not maria().is_platform_admin and not accounts.is_verified(maria())


def test_a_closed_door_is_not_there(client, db, redis, monkeypatch):
    closed = dataclasses.replace(extensions.runtime.settings, sign_up="closed")
    monkeypatch.setattr(extensions.runtime, "settings", closed)

    assert [client.get("/sign-up").status_code, sign_up(client).status_code] == [404, 404]
    assert db.session.query(User).count() == 0
    assert "Sign up" not in client.get("/sign-in").text


def test_nobody_signs_up_all_day(client, db, redis, monkeypatch):
    monkeypatch.setattr(attempts, "SIGN_UPS_PER_ADDRESS", 2)
    answers = [sign_up(client, email=f"{number}@quinta.test").status_code for number in range(3)]

    assert answers == [303, 303, 429]
