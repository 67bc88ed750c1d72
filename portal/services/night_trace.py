"""All that the panel of one night shows: the trace, the layers of its price, and the changes that touched it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from portal.domain.nights import Window
from portal.models import AuditEntry, ConnectionState
from portal.services import grid, horizon, price_chain, properties, trace
from portal.services.price_chain import Layer
from portal.services.rate_calendar import FIELDS
from portal.services.trace import Proof, Trace
from providers.types import LaneKind

_OF_PRICE = {*FIELDS, "base_rate", "derived_percent", "derived_amount"}
KINDS = tuple(kind.value for kind in LaneKind)


@dataclass(frozen=True)
class Change:
    """What somebody changed of this night: {field, with its nights: (before, after)}."""

    at: datetime
    actor: str
    actor_kind: str
    action: str
    changes: Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Steps:
    """How far the wanted value got on one connection: the moment of each step, None when it was not taken."""

    sent: datetime | None
    accepted: datetime | None
    seen: datetime | None


@dataclass(frozen=True)
class NightTrace:
    """`layers` are those of a price, weakest first; none for availability. `changes`: newest first."""

    trace: Trace
    layers: Sequence[Layer]
    changes: Sequence[Change]
    today: date  # the property's
    windows: Mapping[UUID, Window]  # by connection: the nights its provider keeps
    overridden: bool = False  # somebody set something for this very night

    @property
    def pending(self) -> bool:
        """Whether a proof is on its way by itself: what is paused, broken or switched off waits for a person."""
        return any(proof.state is grid.CellState.SAVED and self.on_its_way(proof) for proof in self.trace.proofs)

    @property
    def over(self) -> bool:
        """Whether the night has passed at the property: nobody sells it any more."""
        return self.trace.night < self.today

    def on_its_way(self, proof: Proof) -> bool:
        """Whether a worker may send it now: a night the provider does not keep goes out when it does."""
        window = self.windows[proof.connection.id]
        return window.first <= self.trace.night <= window.last and _goes_out(proof)

    def steps(self, proof: Proof) -> Steps:
        """The steps of the value that is wanted now; what was sent before it does not count."""
        carried = [sent for sent in proof.sent if sent.value == self.trace.wanted]
        taken = next((sent.at for sent in carried if sent.verdict == "accepted"), proof.accepted_at)
        proven = proof.state in (grid.CellState.ACCEPTED, grid.CellState.SEEN)
        return Steps(
            sent=carried[0].at if carried else taken if proven else None,
            accepted=taken if proven else None,
            seen=proof.seen_at if proof.state is grid.CellState.SEEN else None,
        )


def read(property_id: UUID, kind: str, subject_id: UUID, night: date) -> NightTrace:
    """One cell of the grid; `kind` is one of KINDS. Raises `NotFound` for a stranger's room type or plan."""
    wanted = LaneKind(kind)
    found = trace.read(property_id, wanted, subject_id, night)
    layers = price_chain.read(property_id, subject_id, night) if wanted is LaneKind.RATES else ()
    changes = [change for entry in found.changes if (change := _touching(entry, night))]
    windows = {proof.connection.id: horizon.window(proof.connection) for proof in found.proofs}
    today = properties.today(properties.find(property_id))
    overridden = any(layer.kind == "night" for layer in layers)
    return NightTrace(found, layers, changes, today, windows, overridden)


def _goes_out(proof: Proof) -> bool:
    connection = proof.connection
    return connection.state is ConnectionState.ACTIVE and connection.push_enabled and connection.sync_enabled


def _touching(entry: AuditEntry, night: date) -> Change | None:
    """The part of an entry that speaks of the night; None when it speaks of others only."""
    changes = entry.changes or {}
    found = {path: pair for path, pair in changes.items() if _covers(path, night) and _is_of_price(path)}
    if not found or not _in_season(changes, night):
        return None
    return Change(entry.at, entry.actor_name, entry.actor_kind, entry.action, found)


def _covers(path: str, night: date) -> bool:
    """`rate 2026-12-01..2026-12-31` speaks of those nights, a path without nights of all."""
    _, _, span = path.partition(" ")
    first, _, last = span.partition("..")
    return not span or first <= night.isoformat() <= (last or first)


def _is_of_price(path: str) -> bool:
    """What a plan is called or how it may be cancelled does not make its price."""
    name = path.partition(" ")[0].split(".")[-1]
    return name in _OF_PRICE or (path.startswith("rule.") and name != "priority")


def _in_season(changes: Mapping[str, Sequence[Any]], night: date) -> bool:
    """Whether a season's entry speaks of the night: its nights before or after the change, where it names them."""
    firsts, lasts = changes.get("rule.first_night"), changes.get("rule.last_night")
    if not firsts or not lasts:
        return True
    spans = [(str(first), str(last)) for first, last in zip(firsts, lasts, strict=True) if first and last]
    return any(first <= night.isoformat() <= last for first, last in spans) and _on_weekday(changes, night)


def _on_weekday(changes: Mapping[str, Sequence[Any]], night: date) -> bool:
    masks = [mask for mask in changes.get("rule.weekdays", ()) if mask]
    return not masks or any(int(mask) >> night.weekday() & 1 for mask in masks)
