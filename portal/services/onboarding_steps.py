"""How far a hotel's set-up is: every step's state, and what still stands between it and its first sale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from portal import tenancy
from portal.domain.onboarding import State, Step
from portal.extensions import db
from portal.models import Channel, ChannelState, Connection, ConnectionState, Onboarding, SetupState
from portal.services import (
    channel_readback,
    channel_setups,
    magic_links,
    mapping_drafts,
    mappings,
    onboarding,
    onboarding_preview,
    onboarding_route,
    rates,
    room_types,
)

DESCRIBED = (Step.PROPERTY, Step.ROOMS, Step.PLANS)
_SEEN_THERE = (ChannelState.CONNECTED, ChannelState.ERROR)


class Obstacle(StrEnum):
    """What has to be done before Activate."""

    NOT_DESCRIBED = "not_described"
    NO_ROUTE = "no_route"
    NOT_CREATED = "not_created"
    NOT_SIGNED_IN = "not_signed_in"
    UNMAPPED = "unmapped"
    COUNTING = "counting"
    NO_PRICE = "no_price"
    NOT_VERIFIED = "not_verified"


@dataclass(frozen=True)
class Way:
    """A draft with everything its pages ask about it."""

    draft: Onboarding
    connection: Connection | None
    states: Mapping[Step, State]
    unmapped: int
    channel: Channel | None  # the OTA that was chosen, as the channel manager reports it

    @property
    def finished(self) -> bool:
        """Nothing is left for anybody: proved and connected, or put off until later."""
        return all(state in (State.DONE, State.SKIPPED) for state in self.states.values())

    @property
    def current(self) -> Step:
        """The first step a person can go on with; the last one when nothing is left."""
        waits = (State.DONE, State.SKIPPED, State.OTA, State.COLLEAGUE)
        return next((step for step in Step if self.states[step] not in waits), Step.ACTIVATE)


def way(draft: Onboarding) -> Way:
    """Read how far the draft is; nothing is asked of the provider."""
    connection = onboarding_route.connection(draft)
    channel = _channel(connection, onboarding_route.ota(draft))
    unmapped = _unmapped(draft, connection) if connection else 0
    states: dict[Step, State] = {}
    for step in DESCRIBED:
        before = all(states[each] is State.DONE for each in states)
        states[step] = State.DONE if step.value in draft.answered else State.OPEN if before else State.LATER
    if states[Step.PLANS] is State.DONE and draft.property_id is None:
        states[Step.PLANS] = State.OPEN
    described = all(state is State.DONE for state in states.values())
    states[Step.CONNECT] = State.DONE if draft.route else State.OPEN if described else State.LATER
    states |= _after(draft, connection, channel, unmapped)
    return Way(draft, connection, states, unmapped, channel)


def obstacles(found: Way, *, verified: bool) -> list[Obstacle]:
    """What stands in the way of Activate, in the order of the steps."""
    wrong = []
    if any(found.states[step] is not State.DONE for step in DESCRIBED):
        wrong.append(Obstacle.NOT_DESCRIBED)
    if found.connection is None:
        return [*wrong, Obstacle.NO_ROUTE]
    if found.states[Step.PROVISION] is not State.DONE:
        by_code = onboarding_route.is_by_code(found.draft)
        wrong.append(Obstacle.NOT_SIGNED_IN if by_code else Obstacle.NOT_CREATED)
    elif found.unmapped:
        wrong.append(Obstacle.UNMAPPED)
    if channel_readback.counting(found.connection):
        wrong.append(Obstacle.COUNTING)
    if not onboarding_preview.of(found.connection).sells:
        wrong.append(Obstacle.NO_PRICE)
    if not verified:
        wrong.append(Obstacle.NOT_VERIFIED)
    return wrong


def _after(
    draft: Onboarding, connection: Connection | None, channel: Channel | None, unmapped: int
) -> dict[Step, State]:
    """The steps from the provider on."""
    rest = (Step.PROVISION, Step.MAPPING, Step.EXTRANET, Step.PREVIEW, Step.ACTIVATE)
    if draft.route == onboarding.LATER:
        return dict.fromkeys(rest, State.SKIPPED)
    if onboarding_route.is_by_code(draft):
        return {**dict.fromkeys(rest, State.LATER), **_by_code(draft, connection, unmapped)}
    if connection is None:
        return dict.fromkeys(rest, State.LATER)
    progress = onboarding_route.progress(connection)
    made = progress.done and connection.state is not ConnectionState.BROKEN
    states = dict.fromkeys(rest, State.LATER)
    states[Step.PROVISION] = State.DONE if made else _making(connection, progress)
    if made:
        states[Step.MAPPING] = State.OPEN if unmapped else State.DONE
        states[Step.EXTRANET] = _at_the_ota(draft, connection, channel)
        states[Step.PREVIEW] = State.DONE if draft.activated_at else State.OPEN
        states[Step.ACTIVATE] = State.DONE if draft.proved_at else State.WORKING if draft.activated_at else State.LATER
    return states


def _by_code(draft: Onboarding, connection: Connection | None, unmapped: int) -> dict[Step, State]:
    """Where the hotel stands at the provider already: signed in, mapped, started. Its OTAs are there and stay."""
    states = {Step.PROVISION: State.OPEN, Step.EXTRANET: State.SKIPPED}
    if connection is not None and connection.external_property_id:
        states[Step.PROVISION] = State.DONE
        states[Step.MAPPING] = State.OPEN if unmapped else State.DONE
        states[Step.PREVIEW] = State.DONE if draft.activated_at else State.LATER if unmapped else State.OPEN
        states[Step.ACTIVATE] = State.DONE if draft.proved_at else State.WORKING if draft.activated_at else State.LATER
    return states


def _at_the_ota(draft: Onboarding, connection: Connection, channel: Channel | None) -> State:
    """Whose turn it is in the extranet: a person's here, a colleague's who has the link, the OTA's, nobody's."""
    if channel and channel.state in _SEEN_THERE:
        return State.DONE
    setup = channel_setups.find(connection.id, onboarding_route.ota(draft))
    if setup is None:
        return State.OPEN
    if setup.state is SetupState.CONNECTING:
        # Before the activation nothing is left to do: it is switched on with it.
        return State.WORKING if draft.activated_at else State.DONE
    if setup.state is SetupState.WAITING and (setup.account_id or setup.done_at):
        return State.OTA
    if setup.state is SetupState.WAITING and magic_links.open_ones(setup):
        return State.COLLEAGUE
    return State.OPEN


def _making(connection: Connection, progress: onboarding_route.Progress) -> State:
    """A refused key is nothing the hotel can mend: it belongs to whoever runs the installation."""
    if connection.state is ConnectionState.BROKEN:
        return State.COLLEAGUE
    return State.WORKING if progress.working and not progress.failed else State.OPEN


def _unmapped(draft: Onboarding, connection: Connection) -> int:
    """What of ours is not mapped, and what of theirs nobody has decided on.

    Where both sides were made by people, ours need not all be sold there: one room type is enough to begin.
    """
    if onboarding_route.is_by_code(draft):
        return mapping_drafts.undecided(connection) + (0 if mappings.rooms_of(connection.id) else 1)
    types = {row.room_type_id for row in mappings.rooms_of(connection.id) if not row.missing}
    plans = {row.rate_plan_id for row in mappings.plans_of(connection.id) if not row.missing}
    ours = sum(each.id not in types for each in room_types.listed(connection.property_id))
    ours += sum(each.id not in plans for each in rates.plans(connection.property_id))
    return ours + mapping_drafts.undecided(connection)


def _channel(connection: Connection | None, code: str) -> Channel | None:
    if connection is None or not code:
        return None
    found: Channel | None = db.session.scalar(
        select(Channel)
        .where(
            Channel.organization_id == tenancy.required(), Channel.connection_id == connection.id, Channel.code == code
        )
        .order_by(Channel.id.desc())
        .execution_options(populate_existing=True)
    )
    return found
