"""A code from the phone at sign-in (TOTP, RFC 6238), and recovery codes for when the phone is gone. Each works once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from hmac import compare_digest
from uuid import UUID

import pyotp
import structlog
from sqlalchemy import delete, func, select, update

from portal.crypto import CryptoError, keyed_hash
from portal.db import end_reading, now, unit_of_work
from portal.extensions import db, runtime
from portal.models import RecoveryCode, SecondStep, User
from portal.models.base import new_id
from portal.models.platform_sealed import seal, unseal
from portal.services import attempts, letters, mails, passwords
from portal.services.errors import NotFound, Refused
from portal.services.sentences import Phrase

log = structlog.get_logger()

PERIOD_SECONDS = 30
NEIGHBOURS = (-1, 0, 1)  # phones' clocks are not ours
RECOVERY_CODES = 10
# 80 random bits in letters nobody mistakes for one another.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_LETTERS, _GROUP = 16, 4


class WrongCode(Refused):
    """The code is wrong, too old, or was used before: the same answer for all."""

    def __init__(self) -> None:
        super().__init__(Phrase("This code is not right."), field="code")


@dataclass(frozen=True)
class State:
    """`setting_up`: a seed waits for its first code. `codes_left`: recovery codes not used yet."""

    on: bool
    setting_up: bool
    codes_left: int


@dataclass(frozen=True)
class Setup:
    """What the phone has to learn: as an address for its camera, and as letters to type."""

    address: str
    letters: str


def is_on(user_id: UUID) -> bool:
    row = _row(user_id)
    return row is not None and row.confirmed_at is not None


def state(user_id: UUID) -> State:
    row = _row(user_id)
    left = db.session.execute(
        select(func.count())
        .select_from(RecoveryCode)
        .where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    ).scalar_one()
    on = row is not None and row.confirmed_at is not None
    return State(on, row is not None and not on, left if on else 0)


def begin(user: User) -> None:
    """A fresh seed that asks for nothing until it is confirmed. Raises `Refused` when codes are asked for already."""
    with unit_of_work():
        db.session.execute(delete(SecondStep).where(SecondStep.user_id == user.id, SecondStep.confirmed_at.is_(None)))
        if _row(user.id) is not None:
            raise Refused("Codes are asked for already.")
        row_id = new_id()
        master_key_id, sealed = seal("second_steps", row_id, pyotp.random_base32().encode())
        db.session.add(SecondStep(id=row_id, user_id=user.id, master_key_id=master_key_id, seed_sealed=sealed))


def setup(user: User) -> Setup:
    """What the phone has to learn, until it is confirmed and never again. Raises `NotFound`."""
    row = _row(user.id)
    if row is None or row.confirmed_at is not None:
        raise NotFound("second step")
    seed = _seed(row)
    address = pyotp.TOTP(seed).provisioning_uri(name=user.email, issuer_name="Roomwire")
    return Setup(address, " ".join(seed[at : at + 4] for at in range(0, len(seed), 4)))


def confirm(user: User, code: str) -> list[str]:
    """Ask for codes from here on; returns the recovery codes, which nobody can read again.

    Raises `WrongCode`, `attempts.TooManyAttempts`, `NotFound`.
    """
    attempts.code(user.id)
    with unit_of_work():
        row = _row(user.id, hold=True)
        if row is None or row.confirmed_at is not None:
            raise NotFound("second step")
        period = _period_of(_seed(row), code)
        if period is None:
            raise WrongCode
        row.last_period, row.confirmed_at = period, now()
        codes = _new_codes(row)
        _tell(user, on=True)
    log.info("second_step_on", user=str(user.id))
    return codes


def renew_codes(user: User, code: str) -> list[str]:
    """Ten new recovery codes; those of before are worth nothing. Raises `WrongCode`, `attempts.TooManyAttempts`."""
    attempts.code(user.id)
    with unit_of_work():
        spend(user.id, code)
        row = _row(user.id, hold=True)
        assert row is not None  # its code was right
        return _new_codes(row)


def switch_off(user: User, password: str, code: str, *, address: str) -> None:
    """Ask for no codes any more. Raises `WrongCode` for either being wrong, `attempts.TooManyAttempts`."""
    attempts.sign_in(user.email, address)
    attempts.code(user.id)
    if not passwords.matches(password, user.password_hash):
        raise WrongCode
    with unit_of_work():
        spend(user.id, code)
        db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
        db.session.execute(delete(SecondStep).where(SecondStep.user_id == user.id))
        _tell(user, on=False)
    log.info("second_step_off", user=str(user.id))


def spend(user_id: UUID, code: str) -> None:
    """Helper inside a unit of work: use a code of the phone or a recovery code. Of two at once one counts.

    Raises `WrongCode`. The caller has counted the attempt.
    """
    row = _row(user_id)
    if row is None or row.confirmed_at is None:
        raise WrongCode
    seed = _seed(row)
    period = _period_of(seed, code)
    if period is not None:
        used = (
            update(SecondStep)
            .where(SecondStep.user_id == user_id, SecondStep.last_period < period)
            .values(last_period=period)
            .returning(SecondStep.id)
        )
    else:
        used = (
            update(RecoveryCode)
            .where(
                RecoveryCode.user_id == user_id,
                RecoveryCode.code_hash == _code_hash(seed, code),
                RecoveryCode.used_at.is_(None),
            )
            .values(used_at=func.clock_timestamp())
            .returning(RecoveryCode.id)
        )
    if db.session.execute(used.execution_options(synchronize_session=False)).first() is None:
        raise WrongCode


def under_other_keys() -> int:
    """How many seeds are not under the current master key."""
    query = select(func.count()).select_from(SecondStep).where(SecondStep.master_key_id != runtime.keyring.current_id)
    count: int = db.session.execute(query).scalar_one()
    end_reading()
    return count


def seal_anew() -> tuple[int, int]:
    """Put every seed under the current master key; (done, those whose master key is not there)."""
    done, failed = 0, 0
    query = select(SecondStep.user_id).where(SecondStep.master_key_id != runtime.keyring.current_id)
    people = list(db.session.scalars(query))
    end_reading()
    for user_id in people:
        try:
            with unit_of_work():
                row = _row(user_id, hold=True)
                if row is not None:
                    row.master_key_id, row.seed_sealed = seal("second_steps", row.id, _seed(row).encode())
                    done += 1
        except CryptoError as error:
            failed += 1
            log.error("seed_not_sealed_anew", user=str(user_id), reason=str(error))
    return done, failed


def _row(user_id: UUID, *, hold: bool = False) -> SecondStep | None:
    query = select(SecondStep).where(SecondStep.user_id == user_id).execution_options(populate_existing=True)
    row: SecondStep | None = db.session.scalar(query.with_for_update() if hold else query)
    return row


def _seed(row: SecondStep) -> str:
    return unseal("second_steps", row.id, row.master_key_id, row.seed_sealed).decode()


def _period_of(seed: str, code: str) -> int | None:
    """The period a code belongs to: this one or a neighbour; None when it belongs to none of them."""
    typed = code.replace(" ", "")
    current = int(now().timestamp()) // PERIOD_SECONDS
    phone = pyotp.TOTP(seed, interval=PERIOD_SECONDS)
    for step in NEIGHBOURS:
        if typed.isascii() and compare_digest(phone.generate_otp(current + step), typed):
            return current + step
    return None


def _new_codes(row: SecondStep) -> list[str]:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == row.user_id))
    seed, codes = _seed(row), []
    for _ in range(RECOVERY_CODES):
        plain = "".join(secrets.choice(_ALPHABET) for _ in range(_LETTERS))
        codes.append("-".join(plain[at : at + _GROUP] for at in range(0, _LETTERS, _GROUP)))
        db.session.add(RecoveryCode(user_id=row.user_id, code_hash=_code_hash(seed, plain)))
    return codes


def _code_hash(seed: str, code: str) -> bytes:
    """Keyed with the seed: who reads the table without the master key cannot even try codes."""
    plain = "".join(letter for letter in code.lower() if letter in _ALPHABET)
    return keyed_hash(seed.encode(), "recovery", plain)


def _tell(user: User, *, on: bool) -> None:
    with mails.in_language_of(user):
        mails.post(user.email, letters.second_step_changed(user.name, on=on))
