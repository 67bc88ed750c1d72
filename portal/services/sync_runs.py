"""What was done with a provider, in rows that people read: one a run, with the calls it made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import cast, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import JSONB

from portal import tenancy
from portal.db import unit_of_work
from portal.extensions import db
from portal.models import ApiCall, Connection, SyncRun, SyncStatus, SyncType
from portal.models.base import new_id
from portal.models.sealed import seal_field
from portal.services import audit
from providers.http import Call


def begin(connection: Connection, type: SyncType, trigger: str, *, attempt: int = 1, status: SyncStatus) -> UUID:
    """Write the run's row and return its id; a helper, inside a unit of work."""
    who, run_id = audit.actor(), new_id()
    db.session.execute(
        insert(SyncRun),
        {
            "organization_id": connection.organization_id,
            "id": run_id,
            "connection_id": connection.id,
            "property_id": connection.property_id,
            "type": type,
            "status": status,
            "trigger": trigger,
            "started_by": who.name,
            "attempt": attempt,
            "correlation_id": who.correlation_id,
        },
    )
    return run_id


def progress(run_id: UUID, facts: dict[str, Any]) -> None:
    """Tell whoever watches how far the run is, in a transaction of its own."""
    with unit_of_work():
        _update(run_id, status=SyncStatus.IN_PROGRESS, summary=SyncRun.summary.op("||")(_jsonb(facts)))


def finish(
    run_id: UUID,
    status: SyncStatus,
    *,
    processed: int = 0,
    failed: int = 0,
    category: str = "",
    error: str = "",
    summary: dict[str, Any] | None = None,
    next_attempt_at: Any = None,
) -> None:
    """Close the run; a helper, inside a unit of work."""
    values: dict[str, Any] = {
        "status": status,
        "processed": processed,
        "failed": failed,
        "category": category,
        "error": error[:1000],
        "next_attempt_at": next_attempt_at,
        "completed_at": func.clock_timestamp(),
    }
    if summary is not None:
        values["summary"] = SyncRun.summary.op("||")(_jsonb(summary))
    _update(run_id, **values)


def never_began(run_id: UUID, waits: float) -> None:
    """No call was made, because our own limit says wait: that is no failure and no news; a helper.

    A run of a person's or the night's keeps its row and says that it waits.
    """
    mine = (SyncRun.organization_id == tenancy.required(), SyncRun.id == run_id)
    gone = db.session.execute(
        delete(SyncRun).where(*mine, SyncRun.type == SyncType.ARI_PUSH).execution_options(synchronize_session=False)
    )
    if not gone.rowcount:  # type: ignore[attr-defined]
        _update(run_id, status=SyncStatus.PENDING, summary=SyncRun.summary.op("||")(_jsonb({"waits": round(waits)})))


def nothing_new(connection: Connection, run_id: UUID, calls: Sequence[Call]) -> None:
    """The schedule looked and found nothing, as it does all day long: the calls are kept, the run is no news; a
    helper."""
    db.session.execute(
        delete(SyncRun)
        .where(SyncRun.organization_id == tenancy.required(), SyncRun.id == run_id)
        .execution_options(synchronize_session=False)
    )
    keep_calls(connection, None, calls)


def keep_calls(connection: Connection, run_id: UUID | None, calls: Sequence[Call]) -> None:
    """Write the journal of a line: redacted already, ciphertext from here on; a helper."""
    if not calls:
        return
    organization_id, correlation_id = connection.organization_id, audit.actor().correlation_id
    rows = []
    for call in calls:
        call_id = UUID(call.id)
        rows.append(
            {
                "organization_id": organization_id,
                "id": call_id,
                "connection_id": connection.id,
                "sync_run_id": run_id,
                "method": call.method,
                "path": call.path[:500],
                "status": call.status,
                "milliseconds": call.milliseconds,
                "error": (call.error or "")[:500],
                "provider_request_id": (call.provider_request_id or "")[:100],
                "correlation_id": correlation_id,
                "request_sealed": _sealed(organization_id, "request", call_id, call.request_body),
                "response_sealed": _sealed(organization_id, "response", call_id, call.response_body),
                "at": call.at,
            }
        )
    db.session.execute(insert(ApiCall), rows)


def find(run_id: UUID) -> SyncRun | None:
    return db.session.scalar(select(SyncRun).where(SyncRun.organization_id == tenancy.required(), SyncRun.id == run_id))


def _sealed(organization_id: UUID, column: str, call_id: UUID, body: str | None) -> bytes | None:
    return seal_field(organization_id, "api_calls", column, call_id, body.encode()) if body else None


def _update(run_id: UUID, **values: Any) -> None:
    db.session.execute(
        update(SyncRun)
        .where(SyncRun.organization_id == tenancy.required(), SyncRun.id == run_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _jsonb(facts: dict[str, Any]) -> Any:
    return cast(orjson.loads(orjson.dumps(facts, default=str)), JSONB)
