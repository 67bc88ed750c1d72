"""Which periodic task ran for which slot of time: two schedulers insert, one wins."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import db
from portal.models.base import Created, Moment


class ScheduleSlot(db.Model):  # type: ignore[name-defined, misc]
    __tablename__ = "schedule_slots"

    task: Mapped[str] = mapped_column(String(64), primary_key=True)
    slot: Mapped[Moment] = mapped_column(primary_key=True)
    taken_at: Mapped[Created]
