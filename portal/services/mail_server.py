"""One mail to the SMTP server, within a deadline."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from email.message import EmailMessage
from urllib.parse import urlsplit

from portal.config import Settings

DEADLINE_SECONDS = 20.0
# Ours to mend, not the letter's fault: wrong password, no TLS, a sender that may not send.
ACCOUNT_TROUBLES = (smtplib.SMTPAuthenticationError, smtplib.SMTPSenderRefused, smtplib.SMTPHeloError)


def deliver(settings: Settings, message: EmailMessage, deadline: float = DEADLINE_SECONDS) -> None:
    """Hand the message over. Raises `SMTPException` or `OSError`; after `deadline` seconds in any case."""
    server = _connection(settings, deadline)
    # A time-out of the socket bounds each read, not a server that says one letter a second.
    watch = threading.Timer(deadline, _cut, [server])
    watch.daemon = True
    watch.start()
    try:
        code, words = server.connect(settings.mail_host or "", settings.mail_port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, words)
        if settings.mail_tls == "starttls":
            server.starttls(context=tls())
        if settings.mail_user:
            server.login(settings.mail_user, settings.mail_password or "")
        server.send_message(message, to_addrs=[str(message["To"])])  # one reader, whatever the address looks like
    finally:
        watch.cancel()
        _leave(server)


def tls() -> ssl.SSLContext:
    """Certificates are checked, names too."""
    return ssl.create_default_context()


def _connection(settings: Settings, deadline: float) -> smtplib.SMTP:
    ours = urlsplit(settings.public_url).hostname  # found without asking a name server, which may take its time
    if settings.mail_tls == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(local_hostname=ours, timeout=deadline, context=tls())
    else:
        server = smtplib.SMTP(local_hostname=ours, timeout=deadline)
    # smtplib checks the certificate for the host given at construction, which would connect at once.
    server._host = settings.mail_host or ""  # type: ignore[attr-defined]
    return server


def _cut(server: smtplib.SMTP) -> None:
    connection = server.sock
    if connection is not None:
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it has ended by itself


def _leave(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (smtplib.SMTPException, OSError):
        server.close()
