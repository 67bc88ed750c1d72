"""Signing in and out, as a browser sees it."""

from __future__ import annotations

from tests.factories import PASSWORD, alices_house, make_user
from tests.people import COOKIE, sign_in


def test_alice_signs_in_and_lands_at_her_property(client, db, redis):
    alice = alices_house()

    answer = client.post("/sign-in", data={"email": alice.owner.email.upper(), "password": PASSWORD})

    assert answer.status_code == 303
    assert client.get(answer.location).location == f"/p/{alice.property_id}/"
    cookie = client.get_cookie(COOKIE)
    assert cookie.http_only and cookie.same_site == "Lax" and cookie.path == "/"
