"""Passwords, guessing, and what ends sessions."""

from __future__ import annotations

import threading
import unicodedata

import argon2
import pytest
import redis as redis_client

from portal import extensions, tenancy
from portal.models import Role
from portal.services import access, accounts, attempts, passwords, sessions
from portal.services.errors import Refused
from tests.factories import PASSWORD, alices_house, make_user

HERE = {"address": "203.0.113.9", "user_agent": "test"}


@pytest.fixture
def no_redis(monkeypatch):
    """A Redis that nobody listens for."""
    away = redis_client.Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2)
    monkeypatch.setattr(extensions.redis, "client", away)
    yield
    away.close()


def test_passwords_are_argon2id_with_owasps_parameters_or_more():
    parts = argon2.extract_parameters(passwords.hashed(PASSWORD))

    assert parts.type is argon2.Type.ID
    assert (parts.memory_cost >= 19456, parts.time_cost >= 2, parts.parallelism >= 1) == (True, True, True)


def test_an_old_hash_is_made_anew_when_its_owner_signs_in(db, redis):
    old = argon2.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    user = make_user()
    user.password_hash = old
    db.session.commit()

    accounts.sign_in(user.email, PASSWORD, **HERE)

    assert not passwords.outdated(user.password_hash) and user.password_hash != old
    assert accounts.sign_in(user.email, PASSWORD, **HERE)


@pytest.mark.parametrize(
    "password", ["пароль из четырёх слов", "パスワードは長いほうがいい", "seven 7 " * 12, "naïve café owls"]
)
def test_long_and_unicode_passwords_work_however_their_letters_are_composed(db, redis, password):
    user = accounts.create("ana@example.test", "Ana", password)

    assert accounts.sign_in(user.email, unicodedata.normalize("NFD", password), **HERE)


def test_every_character_of_a_long_password_counts(db, redis):
    user = accounts.create("ana@example.test", "Ana", "seven herons " * 8)

    with pytest.raises(accounts.WrongSignIn):
        accounts.sign_in(user.email, "seven herons " * 8 + "!", **HERE)


@pytest.mark.parametrize(
    ("password", "weakness"),
    [("short", "short"), ("x" * 201, "long"), ("password1234", "guessable"), ("qwertyqwerty", "guessable"),
     ("123456789012", "guessable"), ("aaaaaaaaaaaab", "guessable"), ("ana.silva1234", "guessable"),
     ("abcdefghijkl", "guessable"), ("seven herons at low tide", None), ("alice-demo-lighthouse", None)],
)  # fmt: skip
def test_what_is_guessed_first_is_refused(password, weakness):
    assert passwords.weakness(password, "ana.silva@hotel.test", "ana.silva") == weakness


def test_an_address_is_one_account_in_whatever_case(db):
    accounts.create("Ana@Example.test", "Ana", PASSWORD)

    with pytest.raises(Refused, match="has an account already"):
        accounts.create(" ana@example.TEST ", "Ana", PASSWORD)


@pytest.mark.parametrize(("email", "name"), [("", "Ana"), ("no-at-sign", "Ana"), ("ana@example.test", " ")])
def test_a_person_needs_a_name_and_an_address(db, email, name):
    with pytest.raises(Refused):
        accounts.create(email, name, PASSWORD)


def test_a_disabled_account_answers_like_a_wrong_password(db, redis):
    user = make_user()
    token = accounts.sign_in(user.email, PASSWORD, **HERE)

    accounts.disable(user)

    assert sessions.find(token) is None
    with pytest.raises(accounts.WrongSignIn):
        accounts.sign_in(user.email, PASSWORD, **HERE)


def test_an_unknown_account_costs_one_hash_like_a_known_one(db, redis, monkeypatch):
    user = make_user()
    compared = []
    verify = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda typed, known: compared.append(known) or verify(typed, known))
    real_hashes = []
    monkeypatch.setattr(
        type(passwords.HASHER), "verify", lambda self, hash, password: real_hashes.append(hash) or False
    )

    for email in (user.email, "nobody@example.test"):
        with pytest.raises(accounts.WrongSignIn):
            accounts.sign_in(email, "wrong", **HERE)

    assert compared == [user.password_hash, None]
    parameters = {argon2.extract_parameters(each).memory_cost for each in real_hashes}
    assert len(real_hashes) == 2 and len(parameters) == 1


def test_guessing_one_account_is_slowed_down_from_wherever_it_comes(db, redis):
    user = make_user()
    for number in range(attempts.PER_ACCOUNT):
        with pytest.raises(accounts.WrongSignIn):
            accounts.sign_in(user.email, "guess", address=f"198.51.100.{number}", user_agent="")

    with pytest.raises(attempts.TooManyAttempts) as refused:
        accounts.sign_in(user.email, PASSWORD, address="198.51.100.250", user_agent="")

    assert 0 < refused.value.wait <= attempts.WINDOW_SECONDS


def test_guessing_many_accounts_from_one_network_is_slowed_down(db, redis, monkeypatch):
    monkeypatch.setattr(passwords, "matches", lambda typed, known: False)
    for number in range(attempts.PER_ADDRESS):
        with pytest.raises(accounts.WrongSignIn):
            accounts.sign_in(f"{number}@example.test", "guess", address=f"2001:db8:1:2::{number:x}", user_agent="")

    with pytest.raises(attempts.TooManyAttempts):
        accounts.sign_in("new@example.test", "guess", address="2001:db8:1:2:ffff::1", user_agent="")
    with pytest.raises(accounts.WrongSignIn):
        accounts.sign_in("new@example.test", "guess", address="2001:db8:1:3::1", user_agent="")


def test_without_redis_guessing_is_slowed_down_all_the_same(db, no_redis):
    user = make_user(email="only-here@example.test")
    for _ in range(attempts.PER_ACCOUNT_ALONE):
        with pytest.raises(accounts.WrongSignIn):
            accounts.sign_in(user.email, "guess", address="198.51.100.77", user_agent="")

    with pytest.raises(attempts.TooManyAttempts):
        accounts.sign_in(user.email, PASSWORD, address="198.51.100.77", user_agent="")


def test_redis_never_sees_an_address_of_a_person(db, redis):
    user = make_user()
    accounts.sign_in(user.email, PASSWORD, **HERE)

    keys = redis.keys("*")

    assert keys and not any(user.email.encode() in key for key in keys)


def test_only_two_hashes_are_computed_at_once(monkeypatch):
    running, most, lock, both = 0, 0, threading.Lock(), threading.Event()

    def verify(self, hash, password):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            if running == 2:
                both.set()
        both.wait(5)
        with lock:
            running -= 1
        return True

    monkeypatch.setattr(type(passwords.HASHER), "verify", verify)
    threads = [threading.Thread(target=passwords.matches, args=("x", passwords.NOBODYS)) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(10)

    assert most == 2


def test_who_waits_too_long_for_a_turn_is_told_so(monkeypatch):
    monkeypatch.setattr(passwords, "_AT_ONCE", threading.BoundedSemaphore(1))
    monkeypatch.setattr(passwords, "_PATIENCE_SECONDS", 0.01)

    with passwords._turn(), pytest.raises(passwords.Busy):
        passwords.matches("x", None)


def test_a_new_password_needs_the_old_one(db, redis):
    user = make_user()

    with pytest.raises(accounts.WrongSignIn):
        accounts.change_password(user, "not it", "otters like cold rivers", **HERE)


def test_bob_joins_for_one_property_only(db):
    alice, bob = alices_house(), make_user("Bob Tanaka")
    with tenancy.of(alice.organization_id):
        accounts.join(bob, Role.STAFF, [alice.property_id])

    assert [each.role for each in access.belongings(bob.id)] == [Role.STAFF]
    assert access.find_place(bob.id, alice.property_id, access.belongings(bob.id)).may("reservations.edit")
