"""The outbox: mails wait here until the mail server has taken them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Created, GlobalRow, Moment


class Mail(GlobalRow):
    """One mail to one person. Address and words are sealed under a platform key and dropped once it is sent."""

    __tablename__ = "mails"

    kind: Mapped[str] = mapped_column(String(32))
    master_key_id: Mapped[str] = mapped_column(String(64))
    letter_sealed: Mapped[bytes | None]
    due_at: Mapped[Moment]
    give_up_at: Mapped[Moment]  # later it would be of no use: the link in it is dead
    tries: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # sent, refused or given up
    error: Mapped[str] = mapped_column(String(200), default="", server_default="")
    created_at: Mapped[Created]

    __table_args__: Any = (Index("ix_mails_waiting", "due_at", postgresql_where=text("finished_at is null")),)
