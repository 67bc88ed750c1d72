"""What stands at a provider before its bookings are taken over: looked at first, then imported as all bookings come.

The looking changes nothing here: it is a run of the history with counts and lines in its summary, without names of
guests. Importing asks for the ordinary reading, in which each booking has a transaction of its own and one that is
here already is recognised; so it may be asked for as often as one likes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from portal import tenancy
from portal.db import end_reading, unit_of_work
from portal.domain.reservation_pushes import SOLD_HERE
from portal.domain.reservations import OCCUPYING
from portal.extensions import db
from portal.models import (
    BookingLink,
    Connection,
    ConnectionState,
    Duty,
    Guest,
    InboxMessage,
    InboxState,
    Reservation,
    SyncRun,
    SyncStatus,
    SyncType,
)
from portal.services import booking_state, connection_state, connections, connectors, duties, poll, sync_runs
from portal.services.errors import Refused
from providers.errors import Malformed, ProviderError
from providers.registry import connector_class
from providers.types import BookingStatus, Message, Revision

TRIGGER = "import"
MOST_LINES = 200
READS = (ConnectionState.SETTING_UP, ConnectionState.ACTIVE)
# What becomes of a booking: made, here already, made without a room, perhaps sold here too, kept off, for a person.
NEW, HERE, UNMAPPED, ALIKE, CANCELLED, UNREADABLE = "new", "here", "unmapped", "alike", "cancelled", "unreadable"


@dataclass(frozen=True)
class Line:
    """One booking there. `external_id` is the provider's number of it."""

    external_id: str
    verdict: str
    code: str
    channel: str
    check_in: date | None
    check_out: date | None
    rooms: int


@dataclass(frozen=True)
class Preview:
    """The last look. `lines` are the first of them, `counts` are of all."""

    run: SyncRun
    counts: dict[str, int]
    lines: Sequence[Line]
    arrived: int  # of the bookings that were new: how many are here by now
    waiting: int  # messages that are here and not applied yet

    @property
    def pending(self) -> bool:
        return self.run.status in (SyncStatus.PENDING, SyncStatus.IN_PROGRESS)

    @property
    def to_come(self) -> int:
        """How many bookings an import would make."""
        return sum(self.counts.get(name, 0) for name in (NEW, UNMAPPED, ALIKE))


def ask(connection: Connection) -> None:
    """Ask a worker to look. Raises `Refused`."""
    if not connector_class(connection.provider).can("fetch_stays"):
        raise Refused("This channel manager sends its bookings by itself: there is nothing to import.")
    if connection.state not in READS or not connection.external_property_id:
        raise Refused("Nothing can be read now: the connection is not ready, paused or broken.")
    known = preview(connection)
    if known is not None and known.pending:
        return
    with unit_of_work():
        run_id = sync_runs.begin(connection, SyncType.RESERVATION_PULL, TRIGGER, status=SyncStatus.PENDING)
        duties.request(connection.id, Duty.PRODUCTS, {"preview": str(run_id)})


def start(connection: Connection) -> None:
    """Take the bookings over. A connection that was not started yet begins with it. Raises `Refused`."""
    if connection.state is ConnectionState.SETTING_UP:
        connections.start(connection)
        return
    if connection.state is not ConnectionState.ACTIVE:
        raise Refused("Nothing can be read now: the connection is not ready, paused or broken.")
    with unit_of_work():
        duties.request(connection.id, Duty.STAYS)


def look(lease: duties.Lease, connection: Connection, run_id: UUID) -> None:
    """The worker's part: read what is there, and write down what would become of it."""
    line = connectors.line_for(connection, urgent=False)
    try:
        page = poll.everything_ahead(connection, line)
    except ProviderError as error:
        with unit_of_work():
            connection_state.run_failed(connection, run_id, line.calls, error)
        return
    found = _judged(connection, page.messages)
    end_reading()
    with unit_of_work():
        duties.renew(lease)
        sync_runs.keep_calls(connection, run_id, line.calls)
        summary = {
            "counts": dict(Counter(each["verdict"] for each in found)),
            "lines": sorted(found, key=lambda each: (each["verdict"] == HERE, each["check_in"] or ""))[:MOST_LINES],
            "fresh": [each["external_id"] for each in found if each["verdict"] in (NEW, UNMAPPED, ALIKE)],
        }
        sync_runs.finish(run_id, SyncStatus.COMPLETED, summary={"preview": summary, "calls": len(line.calls)})


def preview(connection: Connection) -> Preview | None:
    """The last look at what is there, with how much of it arrived since; None when nobody looked yet."""
    run: SyncRun | None = db.session.scalar(
        select(SyncRun)
        .where(
            SyncRun.organization_id == tenancy.required(),
            SyncRun.connection_id == connection.id,
            SyncRun.type == SyncType.RESERVATION_PULL,
            SyncRun.trigger == TRIGGER,
        )
        .order_by(SyncRun.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    if run is None:
        return None
    kept = run.summary.get("preview") or {}
    lines = [
        Line(**{**each, "check_in": _day(each["check_in"]), "check_out": _day(each["check_out"])})
        for each in kept.get("lines", [])
    ]
    waiting = db.session.execute(
        select(func.count()).where(
            InboxMessage.organization_id == tenancy.required(),
            InboxMessage.connection_id == connection.id,
            InboxMessage.state == InboxState.RECEIVED,
        )
    ).scalar_one()
    return Preview(run, kept.get("counts", {}), lines, len(_linked(connection.id, kept.get("fresh", []))), waiting)


def missing(reservation: Reservation, guest: Guest | None) -> list[str]:
    """What an imported booking lacks, by the names of its fields; empty for what came in the ordinary way.

    It is read again every day until check-out: what the provider learns, comes.
    """
    imported = db.session.execute(
        select(InboxMessage.id)
        .where(
            InboxMessage.organization_id == tenancy.required(),
            InboxMessage.reservation_id == reservation.id,
            InboxMessage.origin == "recovery",
        )
        .limit(1)
    ).first()
    if imported is None:
        return []
    held = {
        "guest_name": guest and guest.name,
        "guest_email": guest and (guest.contact or {}).get("email"),
        "amount": reservation.amount,
    }
    return [name for name, value in held.items() if not value]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _judged(connection: Connection, messages: Sequence[Message]) -> list[dict[str, Any]]:
    parse = connector_class(connection.provider).parse
    known = booking_state.products(connection.id)
    here = _linked(connection.id, [each.external_booking_id for each in messages if each.external_booking_id])
    read: list[tuple[Message, Revision | None]] = []
    for message in messages:
        try:
            read.append((message, parse(message.raw)))
        except Malformed:
            read.append((message, None))
    sold = _sold_here(connection.property_id, {revision.check_in for _, revision in read if revision})
    return [_line(message, revision, known, here, sold) for message, revision in read]


def _line(
    message: Message,
    revision: Revision | None,
    known: booking_state.Products,
    here: Collection[str],
    sold: Collection[tuple[date, date, str]],
) -> dict[str, Any]:
    facts = {"external_id": message.external_booking_id or "", "verdict": UNREADABLE, "code": "", "channel": "",
             "check_in": None, "check_out": None, "rooms": 0}  # fmt: skip
    if revision is None:
        return facts
    stay = (revision.check_in, revision.check_out, revision.customer.full_name.casefold())
    if revision.external_booking_id in here:
        verdict = HERE
    elif revision.status is BookingStatus.CANCELLED:
        verdict = CANCELLED
    elif any(known.room_type(room) is None for room in revision.rooms):
        verdict = UNMAPPED
    else:
        verdict = ALIKE if stay in sold and not revision.our_keys else NEW
    return {
        "external_id": revision.external_booking_id,
        "verdict": verdict,
        "code": revision.code,
        "channel": revision.channel,
        "check_in": revision.check_in.isoformat(),
        "check_out": revision.check_out.isoformat(),
        "rooms": len(revision.rooms),
    }


def _linked(connection_id: UUID, external_ids: Sequence[str]) -> set[str]:
    rows = db.session.scalars(
        select(BookingLink.external_booking_id).where(
            BookingLink.organization_id == tenancy.required(),
            BookingLink.connection_id == connection_id,
            BookingLink.external_booking_id.in_(external_ids),
        )
    )
    return set(rows)


def _sold_here(property_id: UUID, arrivals: Collection[date]) -> set[tuple[date, date, str]]:
    """Stays sold at the desk: one of the same nights and the same name may be the same guest, entered twice."""
    rows = db.session.execute(
        select(Reservation.check_in, Reservation.check_out, Guest)
        .join(Guest, (Guest.organization_id == Reservation.organization_id) & (Guest.id == Reservation.guest_id))
        .where(
            Reservation.organization_id == tenancy.required(),
            Reservation.property_id == property_id,
            Reservation.status.in_(OCCUPYING),
            Reservation.source.in_(SOLD_HERE),
            Reservation.check_in.in_(arrivals),
        )
    )
    return {(row[0], row[1], (row[2].name or "").casefold()) for row in rows}
