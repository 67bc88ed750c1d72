"""The table of sessions is the truth: what it says counts from the next request on."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from portal.extensions import runtime
from portal.services import sessions
from tests.factories import make_user
from tests.people import token_of


def aged(db, column, interval):
    """Make every session as old as `interval`."""
    db.session.execute(text(f"update user_sessions set {column} = clock_timestamp() - cast(:age as interval)"),
                       {"age": interval})  # fmt: skip
    db.session.commit()


def idle_for(db):
    return db.session.execute(text("select clock_timestamp() - last_seen_at from user_sessions")).scalar_one()


def test_a_token_opens_its_session_and_no_other_one_does(db):
    user = make_user()

    token = token_of(user)

    assert sessions.find(token).user.id == user.id
    assert sessions.find(token[:-1] + ("A" if token[-1] != "A" else "B")) is None
    assert sessions.find("") is None


def test_every_sign_in_gives_another_token_of_256_bits(db):
    user = make_user()

    tokens = {token_of(user) for _ in range(20)}

    assert len(tokens) == 20
    assert all(len(token) >= 43 for token in tokens)


def test_a_session_nobody_uses_ends(db):
    token = token_of(make_user())
    idle = timedelta(minutes=runtime.settings.session_idle_minutes)

    aged(db, "last_seen_at", idle - timedelta(seconds=30))
    assert sessions.find(token, by_a_person=False)
    aged(db, "last_seen_at", idle + timedelta(seconds=1))

    assert sessions.find(token) is None


def test_a_session_ends_however_busy_it_is(db):
    token = token_of(make_user())
    assert sessions.find(token)

    aged(db, "expires_at", timedelta(seconds=1))

    assert sessions.find(token) is None


def test_use_keeps_a_session_alive_and_polling_does_not(db):
    token = token_of(make_user())
    aged(db, "last_seen_at", timedelta(minutes=10))

    sessions.find(token, by_a_person=False)
    assert idle_for(db) > timedelta(minutes=9)
    sessions.find(token)

    assert idle_for(db) < timedelta(minutes=1)


def test_reading_pages_writes_at_most_once_a_minute(db):
    token = token_of(make_user())
    aged(db, "last_seen_at", timedelta(seconds=50))

    sessions.find(token)

    assert idle_for(db) > timedelta(seconds=49)


def test_closing_one_browser_leaves_the_others_open(db):
    user = make_user()
    here, there = token_of(user), token_of(user)

    sessions.close(sessions.find(here).session.id)

    assert sessions.find(here) is None
    assert sessions.find(there) is not None


def test_closing_all_is_for_one_person_only(db):
    alice, charlie = make_user(), make_user("Charlie Gruber")
    hers, his = token_of(alice), token_of(charlie)

    sessions.close_all(alice.id)

    assert sessions.find(hers) is None
    assert sessions.find(his) is not None
    assert sessions.of_user(alice.id) == []
