"""Mails out: written into the outbox with the change they tell of, sent by a worker, tried again while of use.

A mail is sent at least once: a worker that dies between the server's yes and our note sends it again, under the
same Message-ID.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from uuid import UUID

import orjson
import structlog
from flask_babel import force_locale
from sqlalchemy import func, select, text

from portal import queue
from portal.crypto import CryptoError
from portal.db import after_commit, end_reading, now, unit_of_work
from portal.extensions import db, runtime
from portal.models import Mail, User
from portal.models.base import new_id
from portal.models.platform_sealed import seal, unseal
from portal.services import mail_server
from portal.services.errors import Refused
from portal.services.letters import Letter
from portal.services.sentences import Phrase

log = structlog.get_logger()

TASK = "mails"
WITH_A_LINK, WITHOUT = timedelta(minutes=60), timedelta(days=3)
# Seconds until the next try; the last one counts for all further tries.
BACK_OFF = (15, 60, 180, 600, 1800, 3600)
_LEASE = timedelta(seconds=mail_server.DEADLINE_SECONDS * 3)
KEPT_DAYS = 7


class NoMail(Refused):
    """This installation has no mail server."""

    def __init__(self) -> None:
        super().__init__(Phrase("This installation sends no mail."))


@dataclass(frozen=True)
class _Claimed:
    id: UUID
    message: EmailMessage
    tries: int


def configured() -> bool:
    return bool(runtime.settings.mail_host)


def demand() -> None:
    """Raises `NoMail` where none can be sent."""
    if not configured():
        raise NoMail


@contextmanager
def in_language_of(user: User) -> Iterator[None]:
    """A block in which `letters` speak the person's own language."""
    with force_locale(user.locale):
        yield


def post(to: str, letter: Letter, *, decoy: bool = False) -> None:
    """Helper inside a unit of work: put a mail into the outbox and ring. Without a mail server, nothing.

    A `decoy` costs the same work and goes nowhere, so that a known and an unknown address take equally long.
    """
    if not configured():
        return
    mail_id, moment = new_id(), now()
    plain = orjson.dumps({"to": to, "subject": letter.subject, "text": letter.text, "html": letter.html})
    master_key_id, sealed = seal("mails", mail_id, plain)
    db.session.add(
        Mail(
            id=mail_id,
            kind=letter.kind,
            master_key_id=master_key_id,
            letter_sealed=None if decoy else sealed,
            due_at=moment,
            give_up_at=moment + (WITH_A_LINK if letter.link else WITHOUT),
            finished_at=moment if decoy else None,
        )
    )
    after_commit(lambda: queue.ring_task(TASK))


def ring_due() -> None:
    """For the schedule: ring when something waits whose time has come."""
    waiting = db.session.scalar(
        select(Mail.id).where(Mail.finished_at.is_(None), Mail.due_at <= func.clock_timestamp()).limit(1)
    )
    end_reading()
    if waiting:
        queue.ring_task(TASK)


def send_due(most: int = 50) -> int:
    """Send what is due; return how many the server took. Any number of workers may do this at once."""
    sent = 0
    for _ in range(most):
        mail = _claim()
        if mail is None:
            break
        sent += _send(mail)
    return sent


def sweep() -> None:
    """Helper inside a unit of work: forget mails that were finished a week ago."""
    db.session.execute(
        text("delete from mails where finished_at < clock_timestamp() - make_interval(days => :days)"),
        {"days": KEPT_DAYS},
    )


def _claim() -> _Claimed | None:
    """Take the next mail for as long as sending may last. No transaction is open while the server thinks."""
    with unit_of_work():
        mail = db.session.scalar(
            select(Mail)
            .where(Mail.finished_at.is_(None), Mail.due_at <= func.clock_timestamp())
            .order_by(Mail.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
        if mail is None:
            return None
        mail.due_at = now() + _LEASE
        mail.tries += 1
        try:
            return _Claimed(mail.id, _message(mail), mail.tries)
        except (CryptoError, ValueError) as error:  # its master key was taken away, or it is no mail: the others go on
            mail.finished_at, mail.letter_sealed, mail.error = now(), None, type(error).__name__
            log.error("mail_cannot_be_opened", mail=str(mail.id), reason=str(error))
    return None


def _message(mail: Mail) -> EmailMessage:
    sealed = mail.letter_sealed
    assert sealed is not None  # only a finished mail has lost its letter
    letter = orjson.loads(unseal("mails", mail.id, mail.master_key_id, sealed))
    sender = runtime.settings.mail_from or ""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = letter["to"]
    message["Subject"] = " ".join(letter["subject"].split())
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = f"<{mail.id}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter["text"])
    message.add_alternative(letter["html"], subtype="html")
    return message


def _send(mail: _Claimed) -> bool:
    try:
        mail_server.deliver(runtime.settings, mail.message)
    except (SMTPException, OSError) as error:
        _failed(mail, error)
        return False
    _finish(mail.id, sent=True)
    log.info("mail_sent", mail=str(mail.id), tries=mail.tries)
    return True


def _failed(mail: _Claimed, error: Exception) -> None:
    reason = type(error).__name__  # what the server says may name the address
    for_good = _for_good(error)
    with unit_of_work():
        row = db.session.get_one(Mail, mail.id, with_for_update=True, populate_existing=True)
        moment = now()
        wait = timedelta(seconds=BACK_OFF[min(mail.tries, len(BACK_OFF)) - 1])
        row.error = reason
        row.due_at = moment + wait
        if for_good or row.due_at >= row.give_up_at:
            row.finished_at, row.letter_sealed = moment, None
        given_up = row.finished_at is not None
    log.warning("mail_not_sent", mail=str(mail.id), tries=mail.tries, reason=reason, given_up=given_up)


def _for_good(error: Exception) -> bool:
    """Whether the server will never take it: that address or that message. Anything about the account may be mended."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    data_refused = isinstance(error, SMTPResponseException) and not isinstance(error, mail_server.ACCOUNT_TROUBLES)
    return data_refused and isinstance(error, SMTPResponseException) and error.smtp_code in (552, 553, 554)


def _finish(mail_id: UUID, *, sent: bool) -> None:
    with unit_of_work():
        row = db.session.get_one(Mail, mail_id, with_for_update=True, populate_existing=True)
        moment = now()
        row.finished_at, row.letter_sealed, row.error = moment, None, ""
        row.sent_at = moment if sent else None
