"""One use case, one transaction, then its bells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from portal.extensions import db

_RUNNING = "unit_of_work"
_LAST = "unit_of_work_last"
_AFTER = "unit_of_work_after"
_NOTES = "unit_of_work_notes"

# Rows that many use cases of one organization want are taken last and in one order, so that they
# are held for an instant and never in a circle: first the lanes, then the audit chain's head.
LANES = 10
AUDIT = 90


@contextmanager
def unit_of_work() -> Iterator[None]:
    """Commit once, at the end, all or nothing; then ring.

    Use cases share helpers and do not call each other: a unit inside a unit is a mistake and raises.
    """
    info = db.session().info
    if info.get(_RUNNING):
        raise RuntimeError("a use case called another use case: share a helper instead")
    info[_RUNNING] = True
    info[_LAST] = []
    info[_AFTER] = []
    info[_NOTES] = {}
    try:
        yield
        for _, action in sorted(info[_LAST], key=lambda entry: entry[0]):
            action()
        db.session.commit()
    except BaseException:
        db.session.rollback()
        info[_AFTER] = []
        raise
    finally:
        info[_RUNNING] = False
        info[_LAST] = []
        info[_NOTES] = {}
    for action in info.pop(_AFTER, []):
        action()


def in_unit_of_work() -> bool:
    return bool(db.session().info.get(_RUNNING))


def notes() -> dict[str, Any]:
    """What helpers gather during the running unit of work; gone with it, whichever way it ends."""
    gathered: dict[str, Any] = db.session().info[_NOTES]
    return gathered


def before_commit(rank: int, action: Callable[[], Any]) -> None:
    """Run `action` as one of the last statements of the running unit of work."""
    db.session().info[_LAST].append((rank, action))


def after_commit(action: Callable[[], Any]) -> None:
    """Run `action` once the running unit of work is durable; at once when there is none."""
    if in_unit_of_work():
        db.session().info[_AFTER].append(action)
    else:
        action()


def end_reading() -> None:
    """Close the transaction a read opened: nobody keeps one open while a provider thinks."""
    db.session.commit()


def now() -> datetime:
    """The database's clock, the only one that leases and order are measured by. Aware, UTC."""
    moment: datetime = db.session.execute(select(func.clock_timestamp())).scalar_one()
    return moment
