"""python -m workers: loads the application once, then a pool of SimpleWorkers in child processes.

The plain `rq worker` command imports the application again for each job (1.1 jobs/s). A worker that
dies is replaced at once; what it was doing is found by its lease, not by RQ.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

import structlog
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy.exc import DBAPIError

from portal import logs, tenancy
from portal.app import create_app
from portal.config import Settings
from portal.extensions import db, redis
from portal.queue import QUEUES
from portal.services import duties
from workers import context

log = structlog.get_logger()

WORKER_TTL = 20
MAINTENANCE_SECONDS = 10
MONITORING_SECONDS = 5
GRACE_SECONDS = 10.0  # a bell in hand is finished or handed over within this


class PortalWorker(SimpleWorker):
    """RQ takes a dead worker's job up after its heartbeat; ours are found by their leases long before."""

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Finish the round in hand, leave the rest to others."""
        duties.handing_over.set()
        super().request_stop(signum, frame)

    def get_heartbeat_ttl(self, job: object) -> int:
        return max(15, 3 * MONITORING_SECONDS)


def work(settings: Settings) -> None:
    """One worker process: until it is told to stop, through any absence of Redis."""
    _take_over()
    redis.bind(settings.redis_url, blocking=True)
    queues = [Queue(name, connection=redis.client, serializer=JSONSerializer) for name in QUEUES]
    worker = PortalWorker(
        queues,
        connection=redis.client,
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL,
        maintenance_interval=MAINTENANCE_SECONDS,
        job_monitoring_interval=MONITORING_SECONDS,
    )
    worker.log_job_description = False
    worker.work(with_scheduler=False, logging_level="WARNING")


def _whole_life(settings: Settings) -> int:
    """Work, and return the status to end with. A worker that fails says why: its pool only sees that it is gone."""
    try:
        work(settings)
    except Exception:
        log.exception("worker_failed")
        return 1
    finally:
        sys.stdout.flush()
    return 0


def _take_over() -> None:
    """Free what our dead predecessor held, so that nothing waits for its lease to run out."""
    with context.application().app_context():
        try:
            freed = duties.release_dead(_lives)
            if freed:
                log.warning("duties_taken_over", count=freed)
        except DBAPIError as error:
            log.warning("database_away", reason=type(error.orig).__name__)  # the leases run out by themselves
        finally:
            tenancy.leave()
            db.session.remove()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's process, or a system that shows none as files
        return True
    return state != "Z"  # dead, and nobody has waited for it yet


class Pool:
    """Keeps the wanted number of workers alive."""

    def __init__(self, settings: Settings, size: int) -> None:
        self.settings = settings
        self.size = size
        self.children: set[int] = set()
        self.stopping = False

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while not self.stopping:
            while len(self.children) < self.size and not self.stopping:
                self._start()
            self._wait_for_one()
        self._end()

    def _start(self) -> None:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os._exit(_whole_life(self.settings))
        self.children.add(child)

    def _wait_for_one(self) -> None:
        try:
            child, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if child:
            self.children.discard(child)
            if not self.stopping:
                log.warning("worker_replaced", pid=child, status=status)
        time.sleep(0.2)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _end(self) -> None:
        """Ask the children to finish what they hold, and do not wait for ever."""
        for child in self.children:
            _signal(child, signal.SIGTERM)
        until = time.monotonic() + GRACE_SECONDS
        while self.children and time.monotonic() < until:
            try:
                child, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            self.children.discard(child)
            time.sleep(0.05)
        for child in self.children:
            _signal(child, signal.SIGKILL)


def _signal(child: int, number: int) -> None:
    try:
        os.kill(child, number)
    except ProcessLookupError:
        return


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m workers")
    parser.add_argument("--processes", type=int, default=None)
    options = parser.parse_args()
    settings = Settings.from_environment(os.environ)
    logs.configure(settings)
    app = create_app(settings)
    context.bind(app)
    import workers.jobs  # noqa: F401  (loaded before the fork, so that no worker imports per job)

    with app.app_context():
        engine = db.engine
    # A connection shared by two processes gives wrong answers: each child opens its own.
    os.register_at_fork(after_in_child=lambda: engine.dispose(close=False))
    log.info("workers_ready", processes=options.processes or settings.worker_processes)
    Pool(settings, options.processes or settings.worker_processes).run()


if __name__ == "__main__":
    main()
