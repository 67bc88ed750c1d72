"""What the portal would have mailed: the outbox, opened."""

from __future__ import annotations

import re
from dataclasses import dataclass

import orjson
from sqlalchemy import select

from portal.extensions import db
from portal.models import Mail
from portal.models.platform_sealed import unseal


@dataclass(frozen=True)
class Read:
    """One waiting mail."""

    kind: str
    to: str
    subject: str
    text: str
    html: str

    @property
    def link(self) -> str:
        """The path of its link."""
        return re.findall(r"https?://[^/\s]+(/\S+)", self.text)[0]


def waiting() -> list[Read]:
    """The mails that wait to be sent, oldest first."""
    query = select(Mail).where(Mail.letter_sealed.is_not(None)).order_by(Mail.id)
    found = []
    for mail in db.session.scalars(query.execution_options(populate_existing=True)):
        letter = orjson.loads(unseal("mails", mail.id, mail.master_key_id, mail.letter_sealed))
        found.append(Read(mail.kind, letter["to"], letter["subject"], letter["text"], letter["html"]))
    return found


def last(kind: str) -> Read:
    """The newest mail of a kind."""
    return [each for each in waiting() if each.kind == kind][-1]
