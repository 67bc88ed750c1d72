"""The SMTP side: takes every mail, reports success, sends nothing on. Can be told to refuse."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.mailbox.store import Store


class Keeper:
    """aiosmtpd's handler. While `refusal` is set, such as "451 Later", that is the answer to every mail."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.refusal = ""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd)
        if self.refusal:
            return self.refusal
        content = envelope.content
        self.store.put(content if isinstance(content, bytes) else b"", envelope.rcpt_tos, datetime.now(UTC))
        return "250 Kept"


class MailServer:
    """Listens on host:port in a thread of its own."""

    def __init__(self, store: Store, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.keeper = Keeper(store)
        self._controller = Controller(
            self.keeper, hostname=host, port=port, tls_context=tls, require_starttls=bool(tls)
        )

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()
