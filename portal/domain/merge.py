"""Three-way merge of one booking: the last agreed state (base), ours, theirs, and who wins where both moved.

Per field: only they moved, take theirs; only we moved, keep ours; both moved alike, agreed; both moved
apart, the field's policy. Without a base the two sides are compared as if both had moved. A field
neither side moved gives no decision, and a field `theirs` does not name was not spoken of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from portal.domain.guests import is_alias
from portal.domain.reservations import Status

State = Mapping[str, Any]


class Field(StrEnum):
    """The fields with rules of their own. A guest's are all those whose name begins with `guest_`."""

    STATUS = "status"  # values: reservations.Status
    CHECK_IN = "check_in"
    CHECK_OUT = "check_out"
    ROOM_TYPE = "room_type"
    AMOUNT = "amount"  # Decimal; None is unknown
    OCCUPANCY = "occupancy"
    NOTES = "notes"
    GUEST_NAME = "guest_name"
    GUEST_EMAIL = "guest_email"
    GUEST_PHONE = "guest_phone"


class Policy(StrEnum):
    THEIRS = "theirs"
    OURS = "ours"
    ASK = "ask"


class Result(StrEnum):
    KEEP = "keep"  # ours stands, and is pushed where the provider can take it
    TAKE = "take"
    AGREED = "agreed"
    CONFLICT = "conflict"  # ours stands until a person decides


class Reason(StrEnum):
    THEY_CHANGED = "they_changed"
    WE_CHANGED = "we_changed"
    SAME_ON_BOTH_SIDES = "same_on_both_sides"
    POLICY = "policy"
    WITHIN_TOLERANCE = "within_tolerance"
    NEWER = "newer"  # the more recent of two contacts
    JOINED = "joined"  # notes of both sides, one after the other
    UNKNOWN_HERE = "unknown_here"
    UNKNOWN_THERE = "unknown_there"
    ALIAS_ADDRESS = "alias_address"
    FURTHER_ALONG = "further_along"  # arrived, left or never came, which the channel cannot know
    CANCELLED_HERE = "cancelled_here"  # and active there
    GUEST_ARRIVED = "guest_arrived"  # cancelled there, in house here
    CANCELLED_THERE = "cancelled_there"  # a booking that is over needs nobody's decision on its dates
    PART_OF_THE_STAY = "part_of_the_stay"  # waits for the dates or the room type it belongs to


@dataclass(frozen=True)
class Decision:
    """What becomes of one field. `value` is what the reservation holds afterwards."""

    field: str
    base: Any
    ours: Any
    theirs: Any
    result: Result
    value: Any
    reason: Reason


AMOUNT_TOLERANCE = Decimal("0.05")  # of our amount
CANCELLED_HERE = "cancelled_here"  # the policy for a booking cancelled here and active there; not a field

# What a property starts with for bookings an OTA sold. Fields without a policy ask.
DEFAULT_POLICIES: Mapping[str, Policy] = {
    Field.STATUS: Policy.THEIRS,
    CANCELLED_HERE: Policy.ASK,
    Field.CHECK_IN: Policy.ASK,
    Field.CHECK_OUT: Policy.ASK,
    Field.ROOM_TYPE: Policy.ASK,
    Field.AMOUNT: Policy.ASK,  # beyond the tolerance
    Field.OCCUPANCY: Policy.THEIRS,
    Field.NOTES: Policy.THEIRS,  # when both sides wrote, they are joined whatever the policy
    "guest_*": Policy.THEIRS,  # the policy of every guest field that has none of its own
}
# A booking sold here: our word on its state stands, and is pushed.
DIRECT_POLICIES: Mapping[str, Policy] = {
    **DEFAULT_POLICIES,
    Field.STATUS: Policy.OURS,
    CANCELLED_HERE: Policy.OURS,
}

_ARRIVED = frozenset({Status.IN_HOUSE, Status.CHECKED_OUT})
_PAST_ARRIVAL = _ARRIVED | {Status.NO_SHOW}
_STAY = (Field.CHECK_IN, Field.CHECK_OUT, Field.ROOM_TYPE)
_NEVER_SAID = object()


def decide(
    base: State | None,
    ours: State,
    theirs: State,
    policies: Mapping[str, Policy] = DEFAULT_POLICIES,
    *,
    theirs_newer: bool = True,
) -> list[Decision]:
    """Return one decision for each field that moved, in the order `theirs` names them.

    `theirs_newer` says whether their message is younger than our last edit; it settles guest contact
    only. Dates, room type and amount describe one stay: while one of them waits for a person, none
    of theirs is taken, lest the two halves make a stay that nobody booked. When their cancellation is
    taken, nothing waits: ours stands in the other fields both sides moved.
    """
    found: list[Decision] = []
    for field in theirs:
        known = _NEVER_SAID if base is None or field not in base else base[field]
        decision = _decide(field, known, ours.get(field), theirs[field], policies, theirs_newer)
        if decision is not None:
            found.append(decision)
    return _hold_the_stay(found)


def merged(ours: State, decisions: list[Decision]) -> dict[str, Any]:
    """Return our state with the decisions carried out."""
    return {**ours, **{decision.field: decision.value for decision in decisions}}


def conflicts(decisions: list[Decision]) -> list[Decision]:
    """Return the decisions that wait for a person."""
    return [decision for decision in decisions if decision.result is Result.CONFLICT]


def ours_stands(decisions: list[Decision]) -> bool:
    """True when they hold something that we decided against: they are to be told."""
    return any(
        decision.result is Result.KEEP and decision.reason in (Reason.POLICY, Reason.CANCELLED_HERE)
        for decision in decisions
    )


def _decide(
    field: str, base: Any, ours: Any, theirs: Any, policies: Mapping[str, Policy], newer: bool
) -> Decision | None:
    shown = None if base is _NEVER_SAID else base

    def decided(result: Result, reason: Reason, value: Any = _NEVER_SAID) -> Decision:
        if value is _NEVER_SAID:
            value = theirs if result is Result.TAKE else ours
        return Decision(field, shown, ours, theirs, result, value, reason)

    if ours == theirs:
        return None if base == ours else decided(Result.AGREED, Reason.SAME_ON_BOTH_SIDES)
    special = _special(field, base, ours, theirs, policies)
    if special is not None:
        return decided(*special)
    if base == ours:
        return decided(Result.TAKE, Reason.THEY_CHANGED)
    if base == theirs:
        return decided(Result.KEEP, Reason.WE_CHANGED)
    if base is _NEVER_SAID and ours is None:
        return decided(Result.TAKE, Reason.UNKNOWN_HERE)
    return decided(*_settle(field, ours, theirs, _policy(field, policies), newer))


def _special(
    field: str, base: Any, ours: Any, theirs: Any, policies: Mapping[str, Policy]
) -> tuple[Result, Reason] | None:
    """Return what holds for this field before anyone asks who moved, or None."""
    if field == Field.STATUS:
        return _special_status(base, ours, theirs, policies)
    if (field == Field.AMOUNT or field.startswith("guest_")) and theirs in (None, ""):
        return Result.KEEP, Reason.UNKNOWN_THERE
    if field == Field.GUEST_EMAIL and ours and is_alias(theirs) and not is_alias(ours):
        return Result.KEEP, Reason.ALIAS_ADDRESS
    return None


def _special_status(base: Any, ours: Any, theirs: Any, policies: Mapping[str, Policy]) -> tuple[Result, Reason] | None:
    if ours == Status.CANCELLED and base != Status.CANCELLED:
        # Cancelled here alone, the guest still holds the OTA's confirmation and may come.
        return _result(policies.get(CANCELLED_HERE, Policy.ASK)), Reason.CANCELLED_HERE
    if ours in _ARRIVED and theirs == Status.CANCELLED and base != Status.CANCELLED:
        return Result.CONFLICT, Reason.GUEST_ARRIVED  # whatever the policy: nobody is checked out by a message
    if ours in _PAST_ARRIVAL and theirs != Status.CANCELLED:
        return Result.KEEP, Reason.FURTHER_ALONG
    return None


def _settle(field: str, ours: Any, theirs: Any, policy: Policy, newer: bool) -> tuple[Any, ...]:
    """Return result, reason and, where it is neither side's, the value, when both sides moved apart."""
    if field == Field.AMOUNT and ours is not None and abs(theirs - ours) <= abs(ours) * AMOUNT_TOLERANCE:
        return Result.TAKE, Reason.WITHIN_TOLERANCE
    if field == Field.NOTES and ours and theirs:
        both = _joined(ours, theirs)
        return Result.KEEP if both == ours else Result.TAKE, Reason.JOINED, both
    if field.startswith("guest_") and policy is Policy.THEIRS:
        return Result.TAKE if newer or ours in (None, "") else Result.KEEP, Reason.NEWER
    return _result(policy), Reason.POLICY


def _joined(ours: str, theirs: str) -> str:
    """Return both notes, each once: a message that comes again must not make them longer."""
    if theirs in ours:
        return ours
    return theirs if ours in theirs else f"{ours}\n{theirs}"


def _policy(field: str, policies: Mapping[str, Policy]) -> Policy:
    general = policies.get("guest_*", Policy.ASK) if field.startswith("guest_") else Policy.ASK
    return policies.get(field, general)


def _result(policy: Policy) -> Result:
    return {Policy.THEIRS: Result.TAKE, Policy.OURS: Result.KEEP, Policy.ASK: Result.CONFLICT}[policy]


def _hold_the_stay(decisions: list[Decision]) -> list[Decision]:
    waiting = [decision for decision in decisions if decision.result is Result.CONFLICT]
    if any(_cancels(decision) for decision in decisions):
        return [
            replace(decision, result=Result.KEEP, reason=Reason.CANCELLED_THERE) if decision in waiting else decision
            for decision in decisions
        ]
    if not any(decision.field in _STAY for decision in waiting):
        return decisions
    return [
        replace(decision, result=Result.CONFLICT, value=decision.ours, reason=Reason.PART_OF_THE_STAY)
        if decision.result is Result.TAKE and decision.field in (*_STAY, Field.AMOUNT)
        else decision
        for decision in decisions
    ]


def _cancels(decision: Decision) -> bool:
    return decision.field == Field.STATUS and decision.result is Result.TAKE and decision.value == Status.CANCELLED
