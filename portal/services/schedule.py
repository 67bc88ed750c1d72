"""Slots of time, each taken once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from portal.db import unit_of_work
from portal.extensions import db
from portal.models import ScheduleSlot


def take(task: str, slot: datetime) -> bool:
    """True for the first to ask for this task's slot."""
    with unit_of_work():
        row = db.session.execute(
            insert(ScheduleSlot).values(task=task, slot=slot).on_conflict_do_nothing().returning(ScheduleSlot.task)
        ).first()
    return row is not None
