"""Signing in and out, as a browser sees it."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import runtime
from portal.models import Role, UserSession
from portal.services import access, accounts, attempts, audit, members
from portal.web.guards import allowed, platform_admin, signed_in
from portal.web.htmx import POLLING
from portal.web.identity import safe_path
from tests.factories import (
    PASSWORD,
    alices_house,
    charlies_house,
    make_admin,
    make_bob,
    make_membership,
    make_property,
    make_user,
)
from tests.people import COOKIE, sign_in, token_of

HTMX = {"HX-Request": "true"}
IDLE = text("select clock_timestamp() - last_seen_at from user_sessions")
DENIALS = text("select actor_id, subject_kind, subject_id from audit_log where action = 'access.denied'")


def form_token(client, path="/sign-in"):
    return re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text).group(1)


def call(app, user, view, **arguments):
    """What a guarded view answers this user, through the app's own error pages."""
    headers = {"Cookie": f"{COOKIE}={token_of(user)}"} if user else {}
    with app.test_request_context("/guarded", headers=headers):
        app.preprocess_request()
        try:
            return app.make_response(view(**arguments))
        except Exception as error:  # what Flask itself would do with it
            return app.make_response(app.handle_user_exception(error))


def test_alice_signs_in_and_lands_at_her_property(client, db, redis):
    alice = alices_house()

    answer = client.post("/sign-in", data={"email": alice.owner.email.upper(), "password": PASSWORD})

    assert answer.status_code == 303
    assert client.get(answer.location).location == f"/p/{alice.property_id}/"
    cookie = client.get_cookie(COOKIE)
    assert cookie.http_only and cookie.same_site == "Lax" and cookie.path == "/"


@pytest.mark.parametrize("email", ["alice", "nobody@example.test"])
def test_a_wrong_password_and_an_unknown_address_get_the_same_page(client, db, redis, email):
    alice = alices_house()
    typed = alice.owner.email if email == "alice" else email

    answer = client.post("/sign-in", data={"email": typed, "password": "not the password"})

    assert answer.status_code == 422
    assert "The e-mail address or the password is wrong." in answer.text
    assert client.get_cookie(COOKIE) is None


def test_what_was_typed_is_kept_but_never_the_password(client, db, redis):
    answer = client.post("/sign-in", data={"email": "who@example.test", "password": "hunter2hunter2"})

    assert 'value="who@example.test"' in answer.text
    assert "hunter2" not in answer.text


@pytest.mark.parametrize(
    "email", ["a\x00b@example.test", "", "x" * 300, "\ud800@example.test".encode("utf-8", "ignore")]
)
def test_nonsense_instead_of_an_address_is_answered_at_the_field(client, db, redis, email):
    answer = client.post("/sign-in", data={"email": email, "password": "whatever it is"})

    assert answer.status_code == 422


def test_signing_in_again_in_the_same_browser_ends_the_session_before(client, db, redis):
    alice = alices_house()
    client.post("/sign-in", data={"email": alice.owner.email, "password": PASSWORD})
    before = client.get_cookie(COOKIE).value

    client.post("/sign-in", data={"email": alice.owner.email, "password": PASSWORD})

    after = client.get_cookie(COOKIE).value
    assert after != before
    client.set_cookie(COOKIE, before)
    assert client.get("/me").status_code == 303


def test_a_token_chosen_by_somebody_else_is_not_taken_over(client, db, redis):
    alice = alices_house()
    client.set_cookie(COOKIE, "planted-by-somebody-else")

    client.post("/sign-in", data={"email": alice.owner.email, "password": PASSWORD})

    assert client.get_cookie(COOKIE).value != "planted-by-somebody-else"


def test_every_copy_of_the_cookie_dies_with_the_sign_out(client, app, db):
    alice = alices_house()
    sign_in(client, alice.owner)
    copy = app.test_client()
    copy.set_cookie(COOKIE, client.get_cookie(COOKIE).value)
    assert copy.get("/me").status_code == 200

    client.post("/sign-out")

    assert copy.get("/me").status_code == 303
    assert client.get_cookie(COOKIE) is None


def test_a_new_password_signs_out_every_other_browser(client, app, db, redis):
    alice = alices_house()
    elsewhere = sign_in(app.test_client(), alice.owner)
    sign_in(client, alice.owner)

    answer = client.post("/me/password", data={"password": PASSWORD, "new_password": "otters like cold rivers"})

    assert answer.status_code == 303
    assert client.get("/me").status_code == 200
    assert elsewhere.get("/me").status_code == 303


@pytest.mark.parametrize("weak", ["short", "roomwire12345", "aaaaaaaaaaaaaa", "abcdefghijklmnop"])
def test_a_weak_password_is_refused_at_its_field(client, db, redis, weak):
    alice = alices_house()
    sign_in(client, alice.owner)

    answer = client.post("/me/password", data={"password": PASSWORD, "new_password": weak})

    assert answer.status_code == 422
    assert 'id="new_password-error"' in answer.text


def test_a_session_of_somebody_else_cannot_be_closed(client, db):
    alice, charlie = alices_house(), charlies_house()
    token = token_of(alice.owner)
    session_id = db.session.query(UserSession.id).filter_by(user_id=alice.owner.id).scalar()
    sign_in(client, charlie.owner)

    answer = client.post(f"/me/sessions/{session_id}/close")

    assert answer.status_code == 404
    client.set_cookie(COOKIE, token)
    assert client.get("/me").status_code == 200


def test_the_eleventh_attempt_has_to_wait_even_with_the_right_password(client, db, redis):
    alice = alices_house()
    for _ in range(attempts.PER_ACCOUNT):
        client.post("/sign-in", data={"email": alice.owner.email, "password": "a guess of mine"})

    answer = client.post("/sign-in", data={"email": alice.owner.email, "password": PASSWORD})

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert client.get_cookie(COOKIE) is None


# -- next= ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "evil",
     "/\tevil", "http:evil", " /x", "/a\r\nSet-Cookie: x=1", ""],
)  # fmt: skip
def test_nobody_is_sent_to_another_site_after_signing_in(client, db, redis, wanted):
    alice = alices_house()

    answer = client.post("/sign-in", data={"email": alice.owner.email, "password": PASSWORD, "next": wanted})

    assert safe_path(wanted) is None
    assert answer.location == "/"


def test_a_deep_link_survives_signing_in(client, db, redis):
    alice = alices_house()
    wanted = "/me?from=mail"

    asked = client.get(wanted)
    answer = client.post("/sign-in", data={"email": alice.owner.email, "password": PASSWORD, "next": wanted})

    assert asked.location == "/sign-in?next=/me?from%3Dmail"
    assert answer.location == wanted


# -- htmx, polling ----------------------------------------------------------------------------------


def test_a_fragment_whose_sign_in_expired_sends_the_window_to_the_sign_in_page(client, db):
    answer = client.get("/me", headers={**HTMX, "HX-Current-URL": "http://localhost/p/x/rates?first=2031-05-01"})

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in?next=/p/x/rates?first%3D2031-05-01"
    assert answer.data == b""


def test_polling_does_not_keep_a_forgotten_tab_signed_in(client, db):
    alice = alices_house()
    sign_in(client, alice.owner)
    idle = f"clock_timestamp() - interval '{runtime.settings.session_idle_minutes - 1} minutes'"
    db.session.execute(db.text(f"update user_sessions set last_seen_at = {idle}"))
    db.session.commit()

    client.get("/me", headers={POLLING: "1"})
    seen_after_poll = db.session.execute(db.text("select clock_timestamp() - last_seen_at from user_sessions")).scalar()
    client.get("/me")
    seen_after_person = db.session.execute(
        db.text("select clock_timestamp() - last_seen_at from user_sessions")
    ).scalar()

    assert seen_after_poll.total_seconds() > 60
    assert seen_after_person.total_seconds() < 60


# -- forms ------------------------------------------------------------------------------------------


def test_a_form_without_its_token_is_refused_in_a_sentence(app, db):
    answer = app.test_client().post("/sign-in", data={"email": "a@example.test", "password": PASSWORD})

    assert answer.status_code == 403
    assert "This form has expired" in answer.text


def test_a_form_with_its_token_is_taken(app, db, redis):
    alice, client = alices_house(), app.test_client()
    data = {"csrf_token": form_token(client), "email": alice.owner.email, "password": PASSWORD}

    assert client.post("/sign-in", data=data).status_code == 303


def test_the_token_of_another_visitor_is_refused(app, db, redis):
    mine, theirs = app.test_client(), app.test_client()
    form_token(mine)

    answer = mine.post("/sign-in", data={"csrf_token": form_token(theirs), "email": "a@b.test", "password": "x"})

    assert answer.status_code == 403


def test_a_token_from_before_signing_in_is_worth_nothing_afterwards(app, db, redis):
    alice, client = alices_house(), app.test_client()
    token = form_token(client)
    client.post("/sign-in", data={"csrf_token": token, "email": alice.owner.email, "password": PASSWORD})

    assert client.post("/sign-out", data={"csrf_token": token}).status_code == 403
    assert client.post("/sign-out", data={"csrf_token": form_token(client, "/me")}).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://other.localhost"},
     {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}],
)  # fmt: skip
def test_a_form_sent_from_another_site_is_refused_although_its_token_fits(app, db, redis, headers):
    client = app.test_client()
    data = {"csrf_token": form_token(client), "email": "a@example.test", "password": PASSWORD}

    assert client.post("/sign-in", data=data, headers=headers).status_code == 403


def test_fields_that_no_form_has_change_nothing(client, db, redis):
    alice = alices_house()
    sign_in(client, alice.owner)
    extra = {"is_platform_admin": "1", "role": "owner", "id": "1", "disabled_at": "", "email": "evil@example.test"}

    client.post("/me/password", data={"password": PASSWORD, "new_password": "otters like cold rivers", **extra})

    db.session.refresh(alice.owner)
    assert not alice.owner.is_platform_admin
    assert alice.owner.email.startswith("alice")


# -- guards -----------------------------------------------------------------------------------------


def test_roles_may_do_what_the_one_table_says_and_denials_are_written_down(app, db, redis):
    alice = alices_house()
    viewer = make_bob(alice, Role.VIEWER)
    view = allowed("rates.edit")(lambda property_id: "edited")

    owners = call(app, alice.owner, view, property_id=alice.property_id)
    viewers = call(app, viewer, view, property_id=alice.property_id)

    assert (owners.status_code, viewers.status_code) == (200, 403)
    with tenancy.of(alice.organization_id):
        query = db.text(
            "select actor_id, action, subject_kind, subject_id from audit_log where action = 'access.denied'"
        )
        assert db.session.execute(query).all() == [(viewer.id, "access.denied", "rates.edit", alice.property_id)]


def test_a_role_change_counts_from_the_next_request_on(app, db, redis):
    alice = alices_house()
    bob = make_bob(alice, Role.MANAGER)
    view = allowed("rates.edit")(lambda property_id: "edited")
    assert call(app, bob, view, property_id=alice.property_id).status_code == 200

    with tenancy.of(alice.organization_id):
        (membership,) = [each for each in members.listed() if each.user_id == bob.id]
        members.change(membership.id, Role.VIEWER, members.EVERYWHERE)

    assert call(app, bob, view, property_id=alice.property_id).status_code == 403


def test_a_stranger_gets_the_bytes_of_a_property_that_is_not_there(app, db, redis):
    alice, charlie = alices_house(), charlies_house()
    view = allowed("rates.view")(lambda property_id: "secret")

    hers = call(app, charlie.owner, view, property_id=alice.property_id)
    nobodys = call(app, charlie.owner, view, property_id=charlie.organization_id)

    assert hers.status_code == nobodys.status_code == 404
    assert hers.data == nobodys.data
    assert {**hers.headers} == {**nobodys.headers}
    with tenancy.of(charlie.organization_id):
        assert (
            db.session.execute(db.text("select count(*) from audit_log where action = 'access.denied'")).scalar() == 2
        )


def test_a_membership_for_one_property_does_not_open_the_other(app, db, redis):
    alice = alices_house()
    second = make_property(alice.organization, "Seaview Porto").id
    bob = make_bob_at_faro(alice)
    view = allowed("rates.view")(lambda property_id: "prices")

    assert call(app, bob, view, property_id=alice.property_id).status_code == 200
    assert call(app, bob, view, property_id=second).status_code == 404
    assert [hotel.id for _, found in access.choices(bob.id) for hotel in found] == [alice.property_id]


def make_bob_at_faro(house):
    bob = make_user("Bob Tanaka")
    make_membership(house.organization, bob, Role.STAFF, only=[house.property])
    return bob


def test_a_view_works_for_the_organization_of_its_property_and_for_nobody_afterwards(app, db, redis):
    alice = alices_house()

    def view(property_id):
        return f"{tenancy.current()} {audit.actor().kind} {audit.actor().id}"

    answer = call(app, alice.owner, allowed("rates.view")(view), property_id=alice.property_id)

    assert answer.get_data(as_text=True) == f"{alice.organization_id} user {alice.owner.id}"
    assert tenancy.current() is None
    assert audit.actor() == audit.SYSTEM


def test_only_the_platforms_people_see_the_tenants(client, app, db, redis):
    alice, admin = alices_house(), make_admin()
    charlies_house()

    turned_away = sign_in(client, alice.owner).get("/admin/tenants")
    page = sign_in(app.test_client(), admin).get("/admin/tenants")

    assert turned_away.status_code == 403
    assert "Alpenblick" not in turned_away.text
    assert "Alpenblick Hotels" in page.text and "Seaview Hotels" in page.text
    assert alice.owner.name not in page.text


def test_a_disabled_person_is_out_at_once(client, db):
    alice = alices_house()
    sign_in(client, alice.owner)
    assert client.get("/me").status_code == 200

    accounts.disable(alice.owner)

    assert client.get("/me").status_code == 303


def test_guards_ask_for_a_sign_in_first(app, db):
    for guard in (signed_in, platform_admin, allowed("rates.view")):
        assert call(app, None, guard(lambda **arguments: "inside"), property_id="x").status_code == 303


def test_a_permission_nobody_has_is_a_mistake_at_start():
    with pytest.raises(ValueError, match="rates.veiw"):
        allowed("rates.veiw")


# -- where to work ----------------------------------------------------------------------------------


def test_the_switch_remembers_where_the_person_went(client, db):
    alice = alices_house()
    porto = make_property(alice.organization, "Seaview Porto").id
    sign_in(client, alice.owner)
    assert client.get("/").location == "/switch"

    answer = client.post("/switch", data={"property_id": str(porto)})

    assert answer.location == f"/p/{porto}/"
    assert client.get("/").location == f"/p/{porto}/"


def test_the_list_of_properties_is_filtered_by_what_is_typed(client, db):
    alice = alices_house()
    make_property(alice.organization, "Seaview Porto")
    sign_in(client, alice.owner)

    found = client.get("/switch?q=por", headers=HTMX).text

    assert "Seaview Porto" in found and "Seaview Faro" not in found
    assert "<html" not in found


def test_nobody_switches_to_a_strangers_property(client, db, redis):
    alice, charlie = alices_house(), charlies_house()
    sign_in(client, charlie.owner)

    assert client.post("/switch", data={"property_id": str(alice.property_id)}).status_code == 404
    assert client.post("/switch", data={"property_id": "nonsense"}).status_code == 400


def test_the_platforms_people_start_at_the_tenants(client, db):
    assert sign_in(client, make_admin()).get("/").location == "/admin/tenants"


def test_light_or_dark_is_the_persons_choice(client, db):
    client.post("/theme", data={"theme": "dark", "next": "/sign-in"})
    assert 'data-bs-theme="dark"' in client.get("/sign-in").text

    client.post("/theme", data={"theme": "", "next": "//evil.example"})
    assert "data-bs-theme" not in client.get("/sign-in").text


def test_a_token_is_never_stored(db):
    alice = alices_house()

    token = token_of(alice.owner)

    stored = db.session.query(UserSession).filter_by(user_id=alice.owner.id).one()
    assert token.encode() not in stored.token_hash and len(stored.token_hash) == 32
    with unit_of_work():
        assert token not in str(db.session.execute(db.text("select user_sessions::text from user_sessions")).all())
