"""Everything that happens by the clock, as one list.

What is due for a connection (full sync at 3:00 of the property, parity, pulls) is a row with a time
in `duties` and `provider_feeds`; the sweep finds those. Two schedulers do no double work: a task's
slot is inserted by one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from portal import queue
from portal.services import mails, sweep
from portal.services import schedule as slots


@dataclass(frozen=True)
class Periodic:
    """`every` seconds; `shared` false means that doing it twice is harmless and cheap."""

    name: str
    every: float
    run: Callable[[], object]
    shared: bool = True


def tasks(sweep_seconds: float) -> list[Periodic]:
    return [
        Periodic("sweep", sweep_seconds, sweep.ring_due, shared=False),
        Periodic("feeds", 5.0, sweep.ring_feeds, shared=False),
        Periodic("mails", 5.0, mails.ring_due, shared=False),
        Periodic("unacknowledged", 60.0, sweep.warn_unacknowledged),
        Periodic("logins", 60.0, lambda: queue.ring_task("logins")),
        Periodic("retention", 3600.0, lambda: queue.ring_task("retention")),
    ]


def slot_of(task: Periodic, moment: datetime) -> datetime:
    """The slot of time a moment falls into: the same on every host."""
    epoch = datetime(2026, 1, 1, tzinfo=UTC)
    return epoch + timedelta(seconds=((moment - epoch).total_seconds() // task.every) * task.every)


def take(task: Periodic, moment: datetime) -> bool:
    """True for the one scheduler that may run this task's slot."""
    return not task.shared or slots.take(task.name, slot_of(task, moment))
