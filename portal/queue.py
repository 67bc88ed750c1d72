"""The bells the portal may ring, by name. It never imports workers.

A bell carries ids and says "look". Losing one costs a second (the sweep rings again), ringing twice
costs nothing (the duty's lease lets one worker in), so bells of one duty fold into one while it waits.
"""

from __future__ import annotations

from uuid import UUID

import structlog
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from portal.db import after_commit
from portal.extensions import redis

log = structlog.get_logger()

# Strict order: bookings before prices before bulk work.
QUEUES = ("critical", "ari", "bulk", "maintenance")
URGENT = "critical"
QUEUE_OF = {
    "drain": URGENT,
    "push": "ari",
    "full_sync": "bulk",
    "parity": "bulk",
    "channels": "bulk",
    "limits": "ari",
    "provision": "bulk",
    "products": "bulk",
    "stays": "bulk",
    "rates": "ari",
}
_FOLD_SECONDS = 5
_JOB_SECONDS = 120


def ring(duty: str, organization_id: UUID, connection_id: UUID, *, urgent: bool = False) -> None:
    """Ask a worker to look at one duty of one connection, after the running transaction is durable.

    `urgent` puts it in line with the bookings. A closing that waited until no booking does would
    never go out while bookings keep coming, which is when rooms are sold twice.
    """
    after_commit(lambda: ring_now(duty, organization_id, connection_id, urgent=urgent))


def ring_now(duty: str, organization_id: UUID, connection_id: UUID, *, urgent: bool = False) -> None:
    """The same, at once."""
    name = urgent_bell(duty, connection_id) if urgent else bell_name(duty, connection_id)
    line = URGENT if urgent else QUEUE_OF[duty]
    _put(line, name, "workers.jobs.run_duty", [duty, str(organization_id), str(connection_id)])


def ring_task(task: str) -> None:
    """Ask a worker to run a task of the installation: a feed, the retention, the parity round."""
    _put("maintenance", task_bell(task), "workers.jobs.run_task", [task])


def task_bell(task: str) -> str:
    return f"roomwire:bell:task:{task}"


def bell_name(duty: str, connection_id: UUID | str) -> str:
    return f"roomwire:bell:{duty}:{connection_id}"


def urgent_bell(duty: str, connection_id: UUID | str) -> str:
    """Folds apart from the ordinary one, which may wait far behind."""
    return f"{bell_name(duty, connection_id)}:urgent"


def answer(*names: str) -> None:
    """The worker heard these bells: from here on a new ring is a new bell."""
    try:
        redis.client.delete(*names)
    except RedisError:
        log.info("bell_not_answered", bell=names[0])


def _put(queue: str, name: str, function: str, arguments: list[str]) -> None:
    try:
        if not redis.client.set(name, "1", nx=True, ex=_FOLD_SECONDS):
            return
        Queue(queue, connection=redis.client, serializer=JSONSerializer).enqueue(
            function, *arguments, job_timeout=_JOB_SECONDS, result_ttl=60, failure_ttl=86400, description=function
        )
    except RedisError as error:
        # The row is committed; the sweep finds it when Redis is back.
        log.warning("bell_lost", bell=name, reason=type(error).__name__)
