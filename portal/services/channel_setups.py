"""Connecting the OTAs of a property: what a person says and asks. A worker does it, see `channel_work`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update

from portal import tenancy
from portal.db import now, unit_of_work
from portal.domain import extranet, ota_products
from portal.domain.ota_products import OurPlan
from portal.extensions import db
from portal.models import (
    ChannelSetup,
    Connection,
    ConnectionState,
    Duty,
    RateMapping,
    RatePlan,
    RoomType,
    SetupState,
)
from portal.services import audit, duties
from portal.services.errors import NotFound, Refused
from providers.channel_types import OtaProduct
from providers.registry import connector_class

PATIENCE = timedelta(minutes=5)
LINK_LIVES = timedelta(minutes=10)  # Channex's own lasts 15 minutes and more
AT_WORK = (SetupState.CONNECTING, SetupState.CLOSING)


def guide(code: str) -> extranet.Guide:
    """How this OTA is connected. Raises `NotFound` for one we have no steps for."""
    found = extranet.GUIDES.get(code)
    if found is None:
        raise NotFound(f"OTA {code}")
    return found


def moment() -> datetime:
    """The clock all the times here are measured by."""
    return now()


def connection_of(property_id: UUID) -> Connection | None:
    """The property's connection through which OTAs can be connected; None: there is none yet."""
    rows = db.session.scalars(
        select(Connection)
        .where(
            Connection.organization_id == tenancy.required(),
            Connection.property_id == property_id,
            Connection.state != ConnectionState.DISCONNECTED,
        )
        .order_by(Connection.id)
    )
    return next((row for row in rows if "test_channel" in connector_class(row.provider).capabilities), None)


def find(connection_id: UUID, code: str) -> ChannelSetup | None:
    setup: ChannelSetup | None = db.session.scalar(
        select(ChannelSetup)
        .where(
            ChannelSetup.organization_id == tenancy.required(),
            ChannelSetup.connection_id == connection_id,
            ChannelSetup.code == code,
        )
        .execution_options(populate_existing=True)
    )
    return setup


def required(connection_id: UUID, code: str) -> ChannelSetup:
    """Raises `NotFound`."""
    setup = find(connection_id, code)
    if setup is None:
        raise NotFound(f"OTA {code}")
    return setup


def of_connection(connection_id: UUID) -> Sequence[ChannelSetup]:
    return db.session.scalars(
        select(ChannelSetup)
        .where(ChannelSetup.organization_id == tenancy.required(), ChannelSetup.connection_id == connection_id)
        .order_by(ChannelSetup.code)
        .execution_options(populate_existing=True)
    ).all()


def start(connection: Connection, code: str, *, external_id: str | None = None) -> ChannelSetup:
    """The OTA's row, made when there is none; with `external_id` for a channel that somebody made at the provider."""
    guide(code) if external_id is None else None
    with unit_of_work():
        setup = find(connection.id, code)
        if setup is None:
            setup = ChannelSetup(connection_id=connection.id, property_id=connection.property_id, code=code)
            db.session.add(setup)
        if external_id and setup.external_id != external_id:
            setup.external_id, setup.state = external_id, SetupState.CONNECTED
    return setup


def save_account(setup: ChannelSetup, account_id: str, *, repair: bool = False) -> None:
    """Keep the hotel's id at the OTA and have a worker try it. `repair`: mapping and history stay. Raises `Refused`."""
    account_id = account_id.strip()
    if not account_id:
        raise Refused("Type the hotel's id at the OTA.", field="account_id")
    if not repair and setup.state not in (SetupState.WAITING, SetupState.CHOOSING, SetupState.ERROR,
                                          SetupState.DISCONNECTED):  # fmt: skip
        raise Refused("This OTA is connected already.", field="account_id")
    with unit_of_work():
        before = setup.account_id
        setup.account_id, setup.error = account_id, ""
        if not repair:
            setup.state, setup.products, setup.choices = SetupState.WAITING, [], {}
        _look_now(setup)
        if repair:
            setup.wish, setup.wished_at = "repair", now()
        note(setup, "channel.account", {"account_id": (before, account_id)})


def did_it(setup: ChannelSetup) -> None:
    """A person says that the OTA was told; a worker looks at once."""
    with unit_of_work():
        setup.done_at, setup.done_by = now(), audit.actor().name
        _look_now(setup)
        note(setup, "channel.done_there", {"channel": (None, setup.code)})


def ask(setup: ChannelSetup, wish: str) -> None:
    """One of: connect, pause, disconnect, resume, consent, frame. Raises `Refused` when it makes no sense now."""
    allowed = {
        "connect": (SetupState.CHOOSING,),
        "pause": (SetupState.CONNECTED, SetupState.ERROR),
        "disconnect": (SetupState.CONNECTED, SetupState.PAUSED, SetupState.ERROR),
        "resume": (SetupState.PAUSED,),
        "consent": tuple(SetupState),
        "frame": tuple(SetupState),
    }
    if setup.state not in allowed.get(wish, ()) or (wish in ("pause", "disconnect") and not setup.external_id):
        raise Refused("This cannot be done now: look at the state of this OTA.")
    with unit_of_work():
        setup.wish, setup.wished_at, setup.error = wish, now(), ""
        if wish == "connect":
            setup.state = SetupState.CONNECTING
        elif wish in ("pause", "disconnect"):
            setup.state = SetupState.CLOSING
        if wish in ("consent", "frame"):
            setup.link, setup.link_at = None, None
        duties.request(setup.connection_id, Duty.CHANNELS)
        note(setup, f"channel.{wish}", {"channel": (None, setup.code)})


def choose(setup: ChannelSetup, choices: Mapping[str, str]) -> dict[str, str]:
    """Keep what a person chose. Returns what is wrong with it (see `ota_products.problems`); nothing: it is asked for.

    Raises `Refused` while there is nothing to choose from.
    """
    if setup.state not in (SetupState.CHOOSING, SetupState.ERROR) or not setup.products:
        raise Refused("There is nothing to choose from yet.")
    known = {each["key"] for each in setup.products}
    kept = {key: value[:64] for key, value in choices.items() if key in known and value}
    wrong = ota_products.problems(products_of(setup), plans_of(setup.connection_id), kept)
    with unit_of_work():
        setup.choices = kept
        if not wrong:
            setup.state, setup.wish, setup.wished_at, setup.error = SetupState.CONNECTING, "connect", now(), ""
            duties.request(setup.connection_id, Duty.CHANNELS)
        note(setup, "channel.chosen", {"products": (None, len(kept))})
    return wrong


def is_waiting_for_a_worker(setup: ChannelSetup, at: datetime) -> bool:
    """Whether the page has to look again soon."""
    if setup.state in AT_WORK or (setup.state is SetupState.WAITING and setup.account_id):
        return True
    return bool(setup.wish) and setup.wished_at is not None and at - setup.wished_at < PATIENCE


def live_link(setup: ChannelSetup, at: datetime, *, only: str = "") -> str:
    """The link a worker made for the last click, while it is young; else nothing. `only`: consent or frame.

    A frame is opened as the master user of the whole account: nobody but who may edit connections gets one.
    """
    if setup.link_at is None or at - setup.link_at > LINK_LIVES:
        return ""
    kind, _, url = (setup.link or "").partition(" ")
    return url if not only or kind == only else ""


def products_of(setup: ChannelSetup) -> list[OtaProduct]:
    names = set(OtaProduct.__dataclass_fields__)
    return [OtaProduct(**{name: value for name, value in row.items() if name in names}) for row in setup.products]


def as_rows(products: Sequence[OtaProduct]) -> list[dict[str, object]]:
    return [{**asdict(each), "key": each.key} for each in products]


def plans_of(connection_id: UUID) -> list[OurPlan]:
    """Our plans that the provider has, in the order of the house."""
    rows = db.session.execute(
        select(RatePlan.id, RoomType.name, RatePlan.name, RoomType.max_adults, RateMapping)
        .join(
            RateMapping,
            (RateMapping.organization_id == RatePlan.organization_id) & (RateMapping.rate_plan_id == RatePlan.id),
        )
        .join(RoomType, (RoomType.organization_id == RatePlan.organization_id) & (RoomType.id == RatePlan.room_type_id))
        .where(
            RatePlan.organization_id == tenancy.required(),
            RateMapping.connection_id == connection_id,
            ~RateMapping.missing,
            RatePlan.archived_at.is_(None),
        )
        .order_by(RoomType.position, RoomType.id, RatePlan.position, RatePlan.id)
    )
    return [
        OurPlan(str(row[0]), row[1], row[2], max(row[4].occupancy or 0, row[3]), row[4].external_id) for row in rows
    ]


def forget_wish(setup: ChannelSetup) -> None:
    """The worker did it (or could not); a helper, inside a unit of work."""
    setup.wish, setup.wished_at = "", None


def _look_now(setup: ChannelSetup) -> None:
    setup.started_at = setup.started_at or now()
    setup.next_check_at = now()
    duties.request(setup.connection_id, Duty.CHANNELS)


def note(setup: ChannelSetup, action: str, changes: Mapping[str, tuple[object, object]]) -> None:
    """A helper, inside a unit of work."""
    audit.record(action, "channel_setup", setup.id, changes, property_id=setup.property_id)


def stamp_all(connection_id: UUID, external_ids: Sequence[str]) -> None:
    """Channels that are gone at the provider are connected no more; a helper, inside a unit of work."""
    db.session.execute(
        update(ChannelSetup)
        .where(
            ChannelSetup.organization_id == tenancy.required(),
            ChannelSetup.connection_id == connection_id,
            ChannelSetup.state.in_((SetupState.CONNECTED, SetupState.PAUSED)),
            ChannelSetup.external_id.is_not(None),
            ChannelSetup.external_id.not_in(list(external_ids)),
        )
        .values(state=SetupState.DISCONNECTED, external_id=None, checked_at=func.clock_timestamp())
        .execution_options(synchronize_session=False)
    )
