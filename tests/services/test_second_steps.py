"""Codes from the phone: each works once, guessing is slow, seeds are sealed."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pyotp
import pytest
from sqlalchemy import text

from portal import extensions
from portal.crypto import Keyring
from portal.db import unit_of_work
from portal.models import RecoveryCode, SecondStep
from portal.services import accounts, attempts, keys_rotation, second_steps, sessions
from portal.services.errors import NotFound, Refused
from portal.services.second_steps import PERIOD_SECONDS, WrongCode
from portal.services.tokens import DeadLink
from tests.factories import PASSWORD, make_user
from tests.letters import last

HERE = {"address": "203.0.113.9", "user_agent": "test"}
AT = datetime(2031, 5, 1, 12, 0, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Time stands still: no period ends between reading a code and typing it."""
    monkeypatch.setattr(second_steps, "now", lambda: AT)


def phone(user):
    """What the person's phone learns."""
    second_steps.begin(user)
    return pyotp.TOTP(second_steps.setup(user).letters.replace(" ", ""))


def code(phone, periods=0):
    return phone.at(AT, counter_offset=periods)


def switched_on(user):
    """(phone, recovery codes) of a person who is asked for codes; the code of the period before is used."""
    hers = phone(user)
    return hers, second_steps.confirm(user, code(hers, -1))


def spend(user, typed):
    with unit_of_work():
        second_steps.spend(user.id, typed)


@pytest.fixture
def ana(db, redis):
    return make_user("Ana")


def test_nothing_is_asked_for_before_the_first_good_code(ana):
    hers = phone(ana)
    assert not second_steps.is_on(ana.id)
    with pytest.raises(WrongCode):
        second_steps.confirm(ana, "000000" if code(hers) != "000000" else "111111")
    assert accounts.sign_in(ana.email, PASSWORD, **HERE)

    codes = second_steps.confirm(ana, code(hers))

    assert second_steps.state(ana.id) == second_steps.State(on=True, setting_up=False, codes_left=10)
    assert len(set(codes)) == 10
    assert last("second_step").to == ana.email


def test_signing_in_takes_a_password_and_a_code(ana):
    hers, _ = switched_on(ana)

    with pytest.raises(accounts.CodeNeeded) as needed:
        accounts.sign_in(ana.email, PASSWORD, **HERE)

    assert sessions.of_user(ana.id) == []
    assert sessions.find(needed.value.pending) is None
    token = accounts.finish_sign_in(needed.value.pending, code(hers), **HERE)
    found = sessions.find(token)
    assert found is not None and found.user.id == ana.id and token != needed.value.pending
    with pytest.raises(DeadLink):
        accounts.finish_sign_in(needed.value.pending, code(hers, 1), **HERE)


def test_a_pending_sign_in_does_not_wait_for_ever(ana, db):
    hers, _ = switched_on(ana)
    with pytest.raises(accounts.CodeNeeded) as needed:
        accounts.sign_in(ana.email, PASSWORD, **HERE)
    with unit_of_work():
        db.session.execute(text("update tokens set expires_at = clock_timestamp()"))

    with pytest.raises(DeadLink):
        accounts.finish_sign_in(needed.value.pending, code(hers), **HERE)


def test_a_new_password_ends_a_pending_sign_in(ana):
    hers, _ = switched_on(ana)
    with pytest.raises(accounts.CodeNeeded) as needed:
        accounts.sign_in(ana.email, PASSWORD, **HERE)

    accounts.change_password(ana, PASSWORD, "otters like cold rivers", **HERE)

    with pytest.raises(DeadLink):
        accounts.finish_sign_in(needed.value.pending, code(hers), **HERE)


def test_a_code_works_once_and_none_from_before_it_works_later(ana):
    hers, _ = switched_on(ana)
    spend(ana, code(hers))

    for periods in (0, -1):
        with pytest.raises(WrongCode):
            spend(ana, code(hers, periods))
    spend(ana, code(hers, 1))


@pytest.mark.parametrize("periods", [-3, 3])
def test_a_code_of_another_time_is_wrong(ana, periods):
    hers, _ = switched_on(ana)

    with pytest.raises(WrongCode):
        spend(ana, code(hers, periods))


@pytest.mark.parametrize("typed", ["", "abc", "12345", "１２３４５６", "x" * 400, "é" * 6])
def test_nonsense_is_a_wrong_code(ana, typed):
    switched_on(ana)

    with pytest.raises(WrongCode):
        spend(ana, typed)


def test_a_recovery_code_works_once_however_it_is_typed(ana):
    _, codes = switched_on(ana)
    spend(ana, codes[3].upper().replace("-", " "))

    with pytest.raises(WrongCode):
        spend(ana, codes[3])
    spend(ana, codes[4])
    assert second_steps.state(ana.id).codes_left == 8


def test_the_codes_of_one_person_are_nothing_for_another(ana):
    _, codes = switched_on(ana)
    bob = make_user("Bob")
    switched_on(bob)

    with pytest.raises(WrongCode):
        spend(bob, codes[0])


def test_new_recovery_codes_replace_the_old_ones(ana):
    hers, codes = switched_on(ana)

    fresh = second_steps.renew_codes(ana, code(hers))

    with pytest.raises(WrongCode):
        spend(ana, codes[0])
    spend(ana, fresh[0])


def test_of_two_submits_of_one_code_at_once_one_counts(fresh_database, app, redis):
    ana = make_user("Ana")
    hers, codes = switched_on(ana)
    for typed in (code(hers), codes[0]):
        outcomes, gate = [], threading.Barrier(2)

        def submit(typed=typed, outcomes=outcomes, gate=gate):
            with app.app_context():
                gate.wait(5)
                try:
                    spend(ana, typed)
                    outcomes.append("in")
                except WrongCode:
                    outcomes.append("out")
                extensions.db.session.remove()

        threads = [threading.Thread(target=submit) for _ in range(2)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(10)

        assert sorted(outcomes) == ["in", "out"]


def test_after_five_tries_even_the_right_code_has_to_wait(ana):
    hers, _ = switched_on(ana)
    with pytest.raises(accounts.CodeNeeded) as needed:
        accounts.sign_in(ana.email, PASSWORD, **HERE)
    for _ in range(attempts.CODES_PER_ACCOUNT - 1):  # switching on was the first
        with pytest.raises(WrongCode):
            accounts.finish_sign_in(needed.value.pending, "no code", **HERE)

    with pytest.raises(attempts.TooManyAttempts):
        accounts.finish_sign_in(needed.value.pending, code(hers), **HERE)


@pytest.mark.parametrize(("password", "periods"), [("wrong", 0), (PASSWORD, -3)])
def test_switching_off_needs_both(ana, password, periods):
    hers, _ = switched_on(ana)

    with pytest.raises(WrongCode):
        second_steps.switch_off(ana, password, code(hers, periods), address="203.0.113.9")

    assert second_steps.is_on(ana.id)
    second_steps.switch_off(ana, PASSWORD, code(hers), address="203.0.113.9")
    assert not second_steps.is_on(ana.id)
    assert accounts.sign_in(ana.email, PASSWORD, **HERE)


def test_a_seed_is_shown_until_it_is_confirmed_and_never_again(ana):
    switched_on(ana)

    with pytest.raises(NotFound):
        second_steps.setup(ana)
    with pytest.raises(Refused):
        second_steps.begin(ana)


def test_neither_seed_nor_codes_can_be_read_in_the_tables(ana, db):
    hers, codes = switched_on(ana)

    row = db.session.query(SecondStep).one()
    hashes = [each.code_hash for each in db.session.query(RecoveryCode)]

    assert hers.secret.encode() not in row.seed_sealed
    assert len(hashes) == 10 and not any(each.replace("-", "").encode() in held for each in codes for held in hashes)


def test_seeds_move_under_a_new_master_key(ana, monkeypatch):
    hers, codes = switched_on(ana)
    old = extensions.runtime.settings.master_keys[0]
    new = ("new", bytes(range(100, 132)))
    monkeypatch.setattr(extensions.runtime, "keyring", Keyring([new, old]))
    assert keys_rotation.remaining() > 0

    (*_, end) = keys_rotation.rotate()

    assert end.remaining == 0 and end.failed == 0
    monkeypatch.setattr(extensions.runtime, "keyring", Keyring([new]))
    spend(ana, code(hers))
    spend(ana, codes[0])


def test_a_proof_asks_for_a_code_where_codes_are_on(ana):
    hers, _ = switched_on(ana)
    with pytest.raises(accounts.CodeNeeded) as needed:
        accounts.sign_in(ana.email, PASSWORD, **HERE)
    token = accounts.finish_sign_in(needed.value.pending, code(hers), **HERE)
    session = sessions.find(token).session

    with pytest.raises(WrongCode):
        accounts.prove(ana, session.id, PASSWORD, "", address="203.0.113.9")
    renewed = accounts.prove(ana, session.id, PASSWORD, code(hers, 1), address="203.0.113.9")

    assert sessions.find(token) is None and sessions.find(renewed).session.id == session.id


def test_periods_are_those_of_the_phones():
    assert PERIOD_SECONDS == 30 == pyotp.TOTP(pyotp.random_base32()).interval
