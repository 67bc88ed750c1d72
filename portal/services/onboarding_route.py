"""How a hotel connects, and how far its creation at the provider is, item by item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select

from portal import tenancy
from portal.db import now, unit_of_work
from portal.extensions import db, runtime
from portal.models import (
    Connection,
    ConnectionState,
    Duty,
    DutyRow,
    Onboarding,
    ProviderAccount,
    RatePlan,
    RoomType,
    SyncRun,
    SyncStatus,
    SyncType,
)
from portal.services import (
    activation,
    audit,
    channel_checklist,
    channel_setups,
    connections,
    connectors,
    duties,
    mappings,
    onboarding,
    rates,
    room_types,
)
from portal.services.errors import Refused
from providers.registry import CONNECTORS

HOSTED = "channex"
OTAS = ("BDC", "EXP", "ABB", "AGO")  # those Channex connects that a hotel asks for first


class ItemState(StrEnum):
    DONE = "done"
    WORKING = "working"
    REFUSED = "refused"
    WAITING = "waiting"


@dataclass(frozen=True)
class Item:
    """One thing that has to be at the provider. `kind`: group, property, room_type, rate_plan, webhook."""

    kind: str
    name: str
    state: ItemState


@dataclass(frozen=True)
class Progress:
    """`error` is the provider's sentence about the item that failed; `retry_at` when it is tried again by itself."""

    items: Sequence[Item]
    working: bool
    error: str = ""
    retry_at: datetime | None = None

    @property
    def done(self) -> bool:
        return all(item.state is ItemState.DONE for item in self.items)

    @property
    def failed(self) -> bool:
        return any(item.state is ItemState.REFUSED for item in self.items)


def routes() -> list[str]:
    """The ways this installation offers now."""
    hosted = [f"{HOSTED}:{code}" for code in OTAS] if connectors.is_configured(HOSTED) else []
    return [*hosted, *by_code(), onboarding.LATER]


def by_code() -> list[str]:
    """The providers a hotel signs in to by a code of its own account there."""
    return [name for name, connector in CONNECTORS.items() if connector.can("exchange_code")]


def provider(draft: Onboarding) -> str:
    """The provider the draft connects by; empty for none."""
    return "" if draft.route == onboarding.LATER else draft.route.partition(":")[0]


def is_by_code(draft: Onboarding) -> bool:
    """Whether one signs in to an account of one's own there: the hotel and its OTAs stand there already."""
    return provider(draft) in by_code()


def ota(draft: Onboarding) -> str:
    """The code of the OTA that was chosen; empty for none."""
    return draft.route.partition(":")[2]


def connection(draft: Onboarding) -> Connection | None:
    """The connection of the draft's hotel, as it is now."""
    if draft.property_id is None or not provider(draft):
        return None
    found: Connection | None = db.session.scalar(
        select(Connection)
        .where(
            Connection.organization_id == tenancy.required(),
            Connection.property_id == draft.property_id,
            Connection.provider == provider(draft),
        )
        .execution_options(populate_existing=True)
    )
    return found


def choose(draft_id: UUID, route: str, *, switching: bool = False) -> Onboarding:
    """Choose how to connect; creating the hotel at the provider begins at once, and nothing sells before Activate.

    Raises `Refused` for a way that is not offered, before there is a hotel, and after activation.
    """
    if route not in routes():
        raise Refused("This way is not offered here.", field="route")
    with unit_of_work():
        draft = onboarding.held(draft_id)
        if draft.property_id is None:
            raise Refused("Describe the property, its rooms and its prices first.")
        if draft.activated_at is not None:
            raise Refused("This property is live: its connections are on the page Channels.")
        if draft.route != route:
            audit.record("onboarding.route", "onboarding", draft.id, {"route": (draft.route, route)},
                         property_id=draft.property_id)  # fmt: skip
        draft.route, draft.switching = route, switching
        name = provider(draft)
        if name and not is_by_code(draft) and connection(draft) is None:
            activation.hold(connections.add(draft.property_id, name))
    if switching:
        _note_switching(draft)
    return draft


def _note_switching(draft: Onboarding) -> None:
    """The OTA's own page then asks for what has to be done at the other channel manager."""
    found = connection(draft)
    if found is not None and ota(draft):
        channel_checklist.set_switching(channel_setups.start(found, ota(draft)), True)


def retry(connection: Connection) -> None:
    """Try again now what failed; what is there already is not made twice."""
    with unit_of_work():
        if connection.state is ConnectionState.BROKEN and activation.is_held(connection):
            connection.state = ConnectionState.SETTING_UP
        duties.request(connection.id, Duty.PROVISION)


def progress(connection: Connection) -> Progress:
    """Every item with its state, in the order in which they are made; nothing is asked of the provider."""
    duty = _duty(connection.id)
    run = _last_run(connection.id)
    at = (run.summary.get("at", ""), run.summary.get("subject", "")) if run else ("", "")
    running = duty is not None and (
        (duty.leased_until is not None and duty.leased_until > now())
        or (duty.due_at is not None and duty.retry_at is None)
    )
    failed = run is not None and run.status is SyncStatus.FAILED and not running
    there, names = _there(connection), _names(connection)
    items = []
    for key in _keys(connection):
        if key in there:
            state = ItemState.DONE
        elif key == at and failed:
            state = ItemState.REFUSED
        elif key == at and running:
            state = ItemState.WORKING
        else:
            state = ItemState.WAITING
        items.append(Item(key[0], names.get(key, ""), state))
    pending = running or (duty is not None and duty.due_at is not None)
    return Progress(items, pending, run.error if run and failed else "", duty.retry_at if duty and failed else None)


def _keys(connection: Connection) -> list[tuple[str, str]]:
    types, plans = room_types.listed(connection.property_id), rates.plans(connection.property_id)
    order = {room_type.id: place for place, room_type in enumerate(types)}
    keys = [("group", ""), ("property", "")]
    keys += [("room_type", str(each.id)) for each in types]
    keys += [("rate_plan", str(each.id)) for each in sorted(plans, key=lambda plan: (order.get(plan.room_type_id, 0),
                                                                                    plan.position))]  # fmt: skip
    if connection.provider == HOSTED and runtime.settings.channex_webhook_secret:
        keys.append(("webhook", ""))
    return keys


def _there(connection: Connection) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    account = select(func.count()).where(
        ProviderAccount.organization_id == tenancy.required(), ProviderAccount.provider == connection.provider
    )
    if db.session.scalar(account):
        found.add(("group", ""))
    if connection.external_property_id:
        found.add(("property", ""))
    if connection.external_webhook_id:
        found.add(("webhook", ""))
    found |= {("room_type", str(row.room_type_id)) for row in mappings.rooms_of(connection.id) if not row.missing}
    found |= {("rate_plan", str(row.rate_plan_id)) for row in mappings.plans_of(connection.id) if not row.missing}
    return found


def _names(connection: Connection) -> dict[tuple[str, str], str]:
    types: dict[UUID, RoomType] = {each.id: each for each in room_types.listed(connection.property_id)}
    plans: Sequence[RatePlan] = rates.plans(connection.property_id)
    names = {("room_type", str(key)): each.name for key, each in types.items()}
    for plan in plans:
        beside = f"{types[plan.room_type_id].name}: " if plan.room_type_id in types else ""
        names["rate_plan", str(plan.id)] = f"{beside}{plan.name}"
    return names


def _duty(connection_id: UUID) -> DutyRow | None:
    row: DutyRow | None = db.session.scalar(
        select(DutyRow)
        .where(
            DutyRow.organization_id == tenancy.required(),
            DutyRow.connection_id == connection_id,
            DutyRow.duty == Duty.PROVISION,
        )
        .execution_options(populate_existing=True)
    )
    return row


def _last_run(connection_id: UUID) -> SyncRun | None:
    run: SyncRun | None = db.session.scalar(
        select(SyncRun)
        .where(
            SyncRun.organization_id == tenancy.required(),
            SyncRun.connection_id == connection_id,
            SyncRun.type == SyncType.MAPPING_SYNC,
        )
        .order_by(SyncRun.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    return run
