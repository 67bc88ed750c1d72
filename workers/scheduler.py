"""python -m workers.scheduler: rings what is due, every second. Any number may run."""

from __future__ import annotations

import os
import signal
import threading
from datetime import UTC, datetime
from time import monotonic

import structlog
from sqlalchemy.exc import DBAPIError

from portal import logs, tenancy
from portal.app import create_app
from portal.config import Settings
from portal.extensions import db
from workers.schedule import Periodic, take, tasks

log = structlog.get_logger()


class Scheduler:
    """Runs the list until it is told to stop; a database that is away is asked again a second later."""

    def __init__(self, periodics: list[Periodic]) -> None:
        self.periodics = periodics
        self.stopped = threading.Event()
        self._next = {task.name: 0.0 for task in periodics}

    def run(self) -> None:
        while not self.stopped.is_set():
            for task in self.periodics:
                if monotonic() >= self._next[task.name]:
                    self._next[task.name] = monotonic() + task.every
                    self._one(task)
            wait = min(self._next.values()) - monotonic()
            self.stopped.wait(max(0.05, min(wait, 1.0)))

    def _one(self, task: Periodic) -> None:
        try:
            if take(task, datetime.now(UTC)):
                task.run()
        except DBAPIError as error:
            log.warning("schedule_waits", task=task.name, reason=type(error.orig).__name__)
        finally:
            tenancy.leave()
            db.session.remove()


def main() -> None:
    settings = Settings.from_environment(os.environ)
    logs.configure(settings)
    app = create_app(settings)
    with app.app_context():
        scheduler = Scheduler(tasks(settings.sweep_seconds))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: scheduler.stopped.set())
        log.info("scheduler_ready")
        scheduler.run()


if __name__ == "__main__":
    main()
