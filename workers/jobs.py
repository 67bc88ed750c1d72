"""The jobs: thin, idempotent, named by ids. What they do is in the services."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from portal import queue
from portal.services import (
    channel_limit_push,
    connections,
    drain,
    feed,
    full_sync,
    logins,
    mails,
    parity,
    provision,
    push,
    remote_products,
    retention,
    stays,
)
from workers.context import for_tenant, job

DUTIES: dict[str, Callable[[UUID], object]] = {
    "drain": drain.drain,
    "push": push.push,
    "full_sync": full_sync.start,
    "parity": parity.check,
    "channels": connections.check,
    "limits": channel_limit_push.send,
    "provision": provision.run,
    "products": remote_products.run,
    "stays": stays.check,
    "rates": full_sync.look_for_differences,
}
TASKS: dict[str, Callable[[], object]] = {
    "feed:channex": lambda: feed.pull_account("channex"),
    "retention": retention.sweep,
    mails.TASK: mails.send_due,
    "logins": logins.keep_signed_in,
}


def run_duty(duty: str, organization_id: str, connection_id: str) -> None:
    queue.answer(queue.bell_name(duty, connection_id), queue.urgent_bell(duty, connection_id))
    _duty(organization_id, duty, connection_id)


@for_tenant
def _duty(duty: str, connection_id: str) -> None:
    DUTIES[duty](UUID(connection_id))


def run_task(task: str) -> None:
    queue.answer(queue.task_bell(task))
    _task(task)


@job
def _task(task: str) -> None:
    TASKS[task]()
