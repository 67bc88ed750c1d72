"""Links work once, for their purpose, for an hour."""

from __future__ import annotations

import threading

import pytest

from portal import extensions
from portal.db import unit_of_work
from portal.models import Purpose, Token
from portal.services import tokens
from portal.services.tokens import DeadLink
from tests.factories import make_user


def issue(purpose=Purpose.RESET_PASSWORD, **about):
    with unit_of_work():
        return tokens.issue(purpose, **about)


def use(token, purpose=Purpose.RESET_PASSWORD):
    with unit_of_work():
        return tokens.use(purpose, token)


def test_a_link_works_once(db):
    ana = make_user("Ana")
    token = issue(user_id=ana.id)

    assert use(token).user_id == ana.id
    with pytest.raises(DeadLink):
        use(token)
    with pytest.raises(DeadLink):
        tokens.find(Purpose.RESET_PASSWORD, token)


@pytest.mark.parametrize("purpose", [each for each in Purpose if each is not Purpose.RESET_PASSWORD])
def test_a_link_for_one_purpose_is_worth_nothing_for_another(db, purpose):
    token = issue()

    with pytest.raises(DeadLink):
        use(token, purpose)

    assert use(token)  # and trying did not use it up


def test_a_link_dies_of_age(db):
    token = issue()
    with unit_of_work():
        db.session.execute(db.text("update tokens set expires_at = clock_timestamp() - interval '1 second'"))

    with pytest.raises(DeadLink):
        use(token)


def test_no_link_lives_longer_than_an_hour():
    assert set(tokens.LIFETIMES) == set(Purpose)
    assert all(each.total_seconds() <= 3600 for each in tokens.LIFETIMES.values())


@pytest.mark.parametrize("token", ["", "x", "ü" * 20, "a" * 5000, "a\x00b"])
def test_nonsense_is_a_dead_link(db, token):
    issue()

    with pytest.raises(DeadLink):
        tokens.find(Purpose.RESET_PASSWORD, token)


def test_a_token_is_never_stored(db):
    token = issue()

    stored = db.session.query(Token).one()

    assert len(stored.token_hash) == 32 and token.encode() not in stored.token_hash


def test_of_two_clicks_at_once_one_counts(fresh_database, app):
    token = issue()
    outcomes = []
    gate = threading.Barrier(2)

    def click():
        with app.app_context():
            gate.wait(5)
            try:
                use(token)
                outcomes.append("used")
            except DeadLink:
                outcomes.append("dead")
            extensions.db.session.remove()

    threads = [threading.Thread(target=click) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(10)

    assert sorted(outcomes) == ["dead", "used"]
