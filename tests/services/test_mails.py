"""Mails wait in the outbox until a mail server has taken them."""

from __future__ import annotations

import dataclasses
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_address
from time import monotonic

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select, text, update

from demo.processes import free_port
from portal import extensions
from portal.db import now, unit_of_work
from portal.models import Mail
from portal.services import mail_server, mails, retention
from portal.services.letters import Letter
from sandbox.mailbox.server import MailServer
from sandbox.mailbox.store import Store
from tests.letters import waiting

LETTER = Letter("greeting", "Grüße aus Faro", ("Olá <b>Ana</b>.", "Até já."), "http://127.0.0.1/x/abc", "Open it")


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def server(settings, store):
    """A real mail server where the settings say."""
    found = MailServer(store, "127.0.0.1", settings.mail_port)
    found.start()
    yield found
    found.stop()


def post(to="ana@example.test", letter=LETTER, **more):
    with unit_of_work():
        mails.post(to, letter, **more)


def row():
    return extensions.db.session.scalars(select(Mail).execution_options(populate_existing=True)).one()


def become_due(**values):
    with unit_of_work():
        extensions.db.session.execute(update(Mail).values(due_at=now(), **values))


def test_a_mail_reaches_its_reader_as_text_and_as_html(db, redis, server, store):
    post()

    assert mails.send_due() == 1

    (mail,) = store.newest()
    assert (mail.to, mail.sender, mail.subject) == (
        ("ana@example.test",),
        "Roomwire <rooms@example.test>",
        "Grüße aus Faro",
    )
    assert "Olá <b>Ana</b>." in mail.text and "http://127.0.0.1/x/abc" in mail.text
    assert "Olá &lt;b&gt;Ana&lt;/b&gt;." in mail.html and 'href="http://127.0.0.1/x/abc"' in mail.html
    assert mails.send_due() == 0


def test_what_was_said_is_forgotten_once_it_is_sent(db, redis, server):
    post()
    assert b"ana@example.test" not in row().letter_sealed

    mails.send_due()

    assert row().letter_sealed is None and row().sent_at is not None


def test_a_server_that_is_away_is_asked_again_later(db, redis, server, store):
    server.keeper.refusal = "451 Come back later"
    post()

    assert mails.send_due() == 0
    waits = row().due_at - now()
    server.keeper.refusal = ""
    assert mails.send_due() == 0  # not yet
    become_due()

    assert timedelta(0) < waits <= timedelta(seconds=mails.BACK_OFF[0])
    assert mails.send_due() == 1
    assert len(store.newest()) == 1


def test_an_address_the_server_refuses_for_good_is_given_up_at_once(db, redis, server):
    server.keeper.refusal = "554 No such mailbox"
    post()

    mails.send_due()

    assert row().finished_at is not None and row().sent_at is None and row().letter_sealed is None
    assert row().error == "SMTPDataError"


def test_a_mail_whose_link_is_dead_is_not_sent_for_ever(db, redis):
    post()
    become_due(give_up_at=now() + timedelta(seconds=5))

    mails.send_due()  # nobody listens

    assert row().finished_at is not None and row().sent_at is None


def test_a_worker_that_died_while_sending_delays_a_mail_and_does_not_lose_it(db, redis, server, store):
    post()
    claimed = mails._claim()  # and here it dies
    assert claimed is not None and mails.send_due() == 0
    become_due()

    assert mails.send_due() == 1
    assert store.newest()[0].message_id == claimed.message["Message-ID"]


def test_two_workers_do_not_send_one_mail_twice(fresh_database, app, redis, server, store):
    for number in range(6):
        post(f"{number}@example.test")

    def work():
        with app.app_context():
            mails.send_due()
            extensions.db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(20)

    assert sorted(mail.to[0] for mail in store.newest()) == [f"{number}@example.test" for number in range(6)]


def test_a_mail_whose_key_is_gone_does_not_stand_in_the_way_of_the_others(db, redis, server, store):
    post("lost@example.test")
    with unit_of_work():
        db.session.execute(update(Mail).values(master_key_id="gone"))
    post("ana@example.test")

    for _ in range(3):
        mails.send_due()

    assert [mail.to[0] for mail in store.newest()] == ["ana@example.test"]
    assert db.session.scalars(select(Mail.error).order_by(Mail.id)).all() == ["CryptoError", ""]


def test_a_name_with_a_line_break_writes_no_header_of_its_own(db, redis, server, store):
    post(letter=dataclasses.replace(LETTER, subject="Hotel\r\nBcc: evil@example.test"))

    mails.send_due()

    assert store.newest()[0].subject == "Hotel Bcc: evil@example.test"
    assert store.newest()[0].to == ("ana@example.test",)


def test_a_decoy_goes_nowhere(db, redis, server, store):
    post(decoy=True)

    assert mails.send_due() == 0
    assert store.newest() == [] and waiting() == []


def test_without_a_mail_server_nothing_is_written(db, redis, monkeypatch):
    monkeypatch.setattr(
        extensions.runtime, "settings", dataclasses.replace(extensions.runtime.settings, mail_host=None)
    )
    post()

    assert waiting() == []
    with pytest.raises(mails.NoMail):
        mails.demand()


def test_finished_mails_go_after_a_week_and_waiting_ones_stay(db, redis):
    post()
    post(decoy=True)
    with unit_of_work():
        db.session.execute(text("update mails set finished_at = finished_at - interval '8 days'"))

    retention.sweep()

    assert len(waiting()) == 1
    assert db.session.scalar(select(Mail.id).where(Mail.finished_at.is_not(None))) is None


def test_a_server_that_says_one_letter_a_second_is_left_in_time(settings):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        slow = dataclasses.replace(settings, mail_port=listener.getsockname()[1])
        over = threading.Event()

        def drip():
            connection, _ = listener.accept()
            with connection:
                for letter in "220-" + "x" * 500:
                    if over.wait(0.05):
                        return
                    try:
                        connection.send(letter.encode())
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        started = monotonic()
        with pytest.raises((OSError, mail_server.smtplib.SMTPException)):
            mail_server.deliver(slow, EmailMessage(), deadline=0.5)
        took = monotonic() - started
        over.set()
        thread.join(5)

    assert took < 3


def test_starttls_is_demanded_and_the_certificate_is_checked(settings, store, tmp_path, monkeypatch):
    port = free_port(27000)
    certificate = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = MailServer(store, "127.0.0.1", port, context)
    server.start()
    guarded = dataclasses.replace(settings, mail_port=port, mail_tls="starttls")
    message = EmailMessage()
    message["From"], message["To"] = "rooms@example.test", "ana@example.test"
    try:
        with pytest.raises(ssl.SSLCertVerificationError):
            mail_server.deliver(guarded, message)
        assert store.newest() == []

        monkeypatch.setattr(mail_server, "tls", lambda: ssl.create_default_context(cafile=certificate))
        mail_server.deliver(guarded, message)
    finally:
        server.stop()

    assert len(store.newest()) == 1


def self_signed(folder):
    """A certificate nobody vouches for, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.example.test")])
    moment = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - timedelta(days=1))
        .not_valid_after(moment + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "mail.pem"
    pem = serialization.Encoding.PEM
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(plain + certificate.public_bytes(pem))
    return str(path)
