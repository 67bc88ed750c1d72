"""The members page and invitations, as browsers see them."""

from __future__ import annotations

import re

import pytest

from portal import tenancy
from portal.db import unit_of_work
from portal.models import Role
from portal.services import access, accounts, attempts, members
from tests.factories import PASSWORD, alices_house, charlies_house, make_bob, make_property, make_user
from tests.letters import last, waiting
from tests.people import COOKIE, sign_in

EVERYWHERE = {"everywhere": "1"}


@pytest.fixture
def alice(db, redis):
    return alices_house()


@pytest.fixture
def owner(client, alice):
    return sign_in(client, alice.owner)


def url(house, rest="members"):
    return f"/o/{house.organization_id}/{rest}"


def invite(client, house, email="bea@example.test", role="staff", **scope):
    return client.post(url(house, "invitations"), data={"email": email, "role": role, **(scope or EVERYWHERE)})


def works_for(user):
    return [(each.organization_name, each.role) for each in access.belongings(user.id)]


def test_bea_without_an_account_accepts_and_lands_at_the_hotel_she_was_invited_to(app, owner, alice, db):
    porto = make_property(alice.organization, "Seaview Porto")
    answer = invite(owner, alice, "Bea@example.test", properties=[str(porto.id)])
    mail, browser = last("invitation"), app.test_client()

    page = browser.get(mail.link)
    joined = browser.post(f"{mail.link}/join", data={"name": "Bea Lopes", "new_password": PASSWORD})

    assert answer.status_code == 303 and mail.to == "bea@example.test"
    assert "Seaview Hotels" in page.text and "bea@example.test" in page.text
    assert joined.status_code == 303 and browser.get("/").location == f"/p/{porto.id}/"
    bea = accounts.by_email("bea@example.test")
    assert works_for(bea) == [("Seaview Hotels", Role.STAFF)] and accounts.is_verified(bea)
    assert browser.get(f"/p/{alice.property_id}/").status_code == 404
    with tenancy.of(alice.organization_id):
        query = db.text("select action from audit_log where actor_id = :bea order by number")
        done = list(db.session.execute(query, {"bea": bea.id}).scalars())
    assert done == ["membership.created", "invitation.accepted", "access.denied"]


def test_carla_with_an_account_signs_in_to_accept(app, owner, alice):
    carla = make_user("Carla", email_verified_at=None)
    invite(owner, alice, carla.email, "manager")
    link, browser = last("invitation").link, app.test_client()

    page = browser.get(link)
    refused = browser.post(f"{link}/join", data={"name": "Carla", "new_password": "otters like cold rivers"})
    sign_in(browser, carla)
    offered = browser.get(link)
    accepted = browser.post(f"{link}/accept")

    assert "Sign in to accept" in page.text and f"/sign-in?next={link}" in page.text
    assert refused.status_code == 422 and "Accept" in offered.text
    assert accepted.status_code == 303 and works_for(carla) == [("Seaview Hotels", Role.MANAGER)]
    assert accounts.is_verified(accounts.by_email(carla.email))


def test_the_wrong_signed_in_account_is_refused_in_words_and_the_link_stays_good(app, owner, alice):
    charlie, carla = charlies_house(), make_user("Carla")
    invite(owner, alice, carla.email)
    link, browser = last("invitation").link, app.test_client()
    sign_in(browser, charlie.owner)

    page, forced = browser.get(link), browser.post(f"{link}/accept")
    joined = browser.post(f"{link}/join", data={"name": "Charlie", "new_password": PASSWORD})

    assert "another person than the one signed in" in page.text
    assert forced.status_code == joined.status_code == 422
    assert works_for(charlie.owner) == [("Alpenblick Hotels", Role.OWNER)]
    assert sign_in(app.test_client(), carla).post(f"{link}/accept").status_code == 303


def test_a_link_is_used_once_and_opening_it_uses_nothing(app, owner, alice):
    carla = make_user("Carla")
    invite(owner, alice, carla.email)
    link, browser = last("invitation").link, sign_in(app.test_client(), carla)
    browser.get(link)
    browser.post(f"{link}/accept")
    with tenancy.of(alice.organization_id):
        (hers,) = [each for each in members.listed() if each.user_id == carla.id]
        members.remove(hers.id)

    again = browser.post(f"{link}/accept")

    assert again.status_code == 404 and "does not work any more" in again.text
    assert works_for(carla) == []


def test_an_old_link_is_dead_and_another_one_can_be_sent_which_replaces_it(app, owner, alice, db):
    carla = make_user("Carla")
    invite(owner, alice, carla.email)
    first, browser = last("invitation").link, sign_in(app.test_client(), carla)
    with unit_of_work():
        db.session.execute(db.text("update tokens set expires_at = clock_timestamp() - interval '1 second'"))
    assert browser.get(first).status_code == 404

    page = owner.get(url(alice)).text
    again = re.search(r'action="([^"]+/send)"', page).group(1)
    owner.post(again)
    second = last("invitation").link
    owner.post(again)
    third = last("invitation").link

    assert [browser.get(link).status_code for link in (first, second, third)] == [404, 404, 200]


def test_a_withdrawn_invitation_is_dead(app, owner, alice):
    invite(owner, alice)
    withdraw = re.search(r'action="([^"]+/withdraw)"', owner.get(url(alice)).text).group(1)

    answer = owner.post(withdraw)

    assert answer.status_code == 303 and app.test_client().get(last("invitation").link).status_code == 404
    assert "bea@example.test" not in owner.get(url(alice)).text
    assert owner.post(withdraw).status_code == 404
    assert invite(owner, alice).status_code == 303  # and may be invited anew


def test_an_invitation_of_days_ago_cannot_be_accepted(app, owner, alice, db):
    invite(owner, alice)
    with tenancy.of(alice.organization_id), unit_of_work():
        db.session.execute(db.text("update invitations set expires_at = clock_timestamp() - interval '1 second'"))

    assert app.test_client().get(last("invitation").link).status_code == 404
    assert "Too old to be accepted." in owner.get(url(alice)).text


def test_a_link_is_worth_nothing_for_another_organization(app, owner, alice, db):
    charlie = charlies_house()
    invite(owner, alice)
    with unit_of_work():
        db.session.execute(db.text("update tokens set organization_id = :other"), {"other": charlie.organization_id})

    page = app.test_client().get(last("invitation").link)

    assert page.status_code == 404 and "Alpenblick" not in page.text and "Seaview" not in page.text


@pytest.mark.parametrize("path", ["verify", "reset"])
def test_a_link_of_an_invitation_opens_nothing_else(app, owner, alice, path):
    invite(owner, alice)
    token = last("invitation").link.split("/")[-1]

    assert app.test_client().get(f"/{path}/{token}").status_code == 404


def test_nobody_is_invited_twice_or_to_where_they_work(owner, alice):
    bob = make_bob(alice)
    invite(owner, alice)

    answers = [invite(owner, alice, email) for email in ("BEA@example.test", bob.email)]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert all('id="email-error"' in answer.text for answer in answers)
    assert len(waiting()) == 1


def test_what_is_wrong_with_an_invitation_is_said_and_what_was_typed_is_kept(owner, alice):
    nowhere = owner.post(url(alice, "invitations"), data={"email": "bea@example.test", "role": "viewer"})
    nobody = owner.post(url(alice, "invitations"), data={"email": "bea", "role": "emperor"})

    assert nowhere.status_code == nobody.status_code == 422
    assert 'value="bea@example.test"' in nowhere.text and "at least one property" in nowhere.text
    assert waiting() == []


def test_mails_to_one_address_are_counted(owner, alice):
    for _ in range(attempts.MAILS_PER_ACCOUNT):
        invite(owner, alice)

    assert invite(owner, alice).status_code == 429


def test_alice_changes_and_removes_bob(owner, alice):
    bob = make_bob(alice)
    action = [each for each in re.findall(r'action="([^"]+)/change"', owner.get(url(alice)).text)]
    with tenancy.of(alice.organization_id):
        (his,) = [each.id for each in members.listed() if each.user_id == bob.id]
    there = next(each for each in action if str(his) in each)

    changed = owner.post(f"{there}/change", data={"role": "manager", **EVERYWHERE})
    assert changed.status_code == 303 and works_for(bob) == [("Seaview Hotels", Role.MANAGER)]
    nowhere = owner.post(f"{there}/change", data={"role": "manager"})
    assert nowhere.status_code == 422 and "Nothing was changed" in nowhere.text

    owner.post(f"{there}/remove")
    assert works_for(bob) == []


def test_alice_cannot_leave_her_hotel_without_an_owner(owner, alice):
    with tenancy.of(alice.organization_id):
        (own,) = members.listed()

    answers = [owner.post(url(alice, f"members/{own.id}/remove")),
               owner.post(url(alice, f"members/{own.id}/change"), data={"role": "viewer", **EVERYWHERE})]  # fmt: skip

    assert [answer.status_code for answer in answers] == [422, 422]
    assert all("needs an owner" in answer.text for answer in answers)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.STAFF, Role.VIEWER])
def test_only_owners_decide_who_works_here(client, alice, role):
    sign_in(client, make_bob(alice, role))

    assert client.get(url(alice)).status_code == 403
    assert invite(client, alice).status_code == 403
    assert waiting() == []


def test_charlie_gets_for_alices_members_what_he_gets_for_nobodys(client, alice):
    charlie = charlies_house()
    sign_in(client, charlie.owner).get("/me")
    with tenancy.of(alice.organization_id):
        (own,) = members.listed()

    hers = [client.get(url(alice)), invite(client, alice), client.post(url(alice, f"members/{own.id}/remove")),
            client.post(url(charlie, f"members/{own.id}/remove"))]  # fmt: skip

    assert {answer.status_code for answer in hers} == {404} and len({answer.data for answer in hers}) == 1


# -- proving who one is ------------------------------------------------------------------------------


def grow_old(db):
    with unit_of_work():
        db.session.execute(db.text("update user_sessions set proved_at = clock_timestamp() - interval '11 minutes'"))


def test_ten_minutes_later_a_password_is_asked_for_and_what_was_typed_is_kept(owner, alice, db):
    grow_old(db)
    before = owner.get_cookie(COOKIE).value

    asked = invite(owner, alice)
    wrong = owner.post(url(alice, "invitations"), data={"email": "bea@example.test", "role": "staff", **EVERYWHERE,
                                                        "proof_password": "not it"})  # fmt: skip
    assert waiting() == []
    right = owner.post(url(alice, "invitations"), data={"email": "bea@example.test", "role": "staff", **EVERYWHERE,
                                                        "proof_password": PASSWORD})  # fmt: skip

    assert asked.status_code == 403 and 'name="email" value="bea@example.test"' in asked.text
    assert wrong.status_code == 422 and "This is not your password." in wrong.text
    assert right.status_code == 303 and last("invitation").to == "bea@example.test"
    assert owner.get_cookie(COOKIE).value != before
    assert invite(owner, alice, "carl@example.test").status_code == 303


def test_a_fragment_sends_the_window_to_the_page_that_asks(owner, alice, db):
    grow_old(db)

    answer = owner.post(url(alice, "invitations"), data={},
                        headers={"HX-Request": "true", "HX-Current-URL": f"http://localhost{url(alice)}"})  # fmt: skip
    page = owner.get(answer.headers["HX-Redirect"])
    proved = owner.post("/me/proof", data={"proof_password": PASSWORD, "next": url(alice)})

    assert page.status_code == 200 and "confirm that it is you" in page.text
    assert proved.location == url(alice)


def test_a_proof_sends_nobody_to_another_site(owner, db):
    assert owner.post("/me/proof", data={"proof_password": PASSWORD, "next": "//evil.example"}).location == "/"


def test_a_wrong_proof_is_slowed_down_like_a_sign_in(owner, alice, db):
    for _ in range(attempts.PER_ACCOUNT):
        owner.post("/me/proof", data={"proof_password": "guess"})

    assert owner.post("/me/proof", data={"proof_password": PASSWORD}).status_code == 429
