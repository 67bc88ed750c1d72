"""What is mapped to what: a draft laid over the live mapping, what is wrong with it, what it changes. Pure.

Products are named by keys: `room:<id>` and `plan:<id>`, with our ids on one side and the provider's on the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

ROOM, PLAN = "room", "plan"


class Decision(StrEnum):
    """Why a product of the provider is deliberately not mapped."""

    NOT_SOLD = "not_sold"  # closed at the OTA
    AT_OTA = "at_ota"  # sold, and kept up to date by somebody at the OTA


@dataclass(frozen=True)
class Item:
    """A room type or rate plan of either side, with what is known of it."""

    key: str
    name: str
    room: str | None = None  # of a rate plan: the key of its room type
    occupancy: int | None = None
    currency: str | None = None
    meal: str | None = None
    policy: str = ""
    units: int | None = None
    prices: Mapping[date, Decimal | None] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return self.key.partition(":")[0]

    @property
    def id(self) -> str:
        return self.key.partition(":")[2]


@dataclass(frozen=True)
class Map:
    """A whole mapping: {ours: theirs}, and what was decided about theirs that are not in it."""

    pairs: Mapping[str, str] = field(default_factory=dict)
    decisions: Mapping[str, Decision] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "pairs": dict(sorted(self.pairs.items())),
            "decisions": {key: self.decisions[key].value for key in sorted(self.decisions)},
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Map:
        decisions = {key: Decision(value) for key, value in (kept.get("decisions") or {}).items()}
        return cls(dict(kept.get("pairs") or {}), decisions)


@dataclass(frozen=True)
class Wanted:
    """A draft: only what shall differ from the live mapping. `None` takes a pair, or a decision, away."""

    pairs: Mapping[str, str | None] = field(default_factory=dict)
    decisions: Mapping[str, Decision | None] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.pairs or self.decisions)

    def as_json(self) -> dict[str, Any]:
        decisions = {key: value and value.value for key, value in sorted(self.decisions.items())}
        return {"pairs": dict(sorted(self.pairs.items())), "decisions": decisions}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Wanted:
        decisions = {key: Decision(value) if value else None for key, value in (kept.get("decisions") or {}).items()}
        return cls(dict(kept.get("pairs") or {}), decisions)

    @classmethod
    def between(cls, before: Map, after: Map) -> Wanted:
        """What has to be said to come from one mapping to another."""
        pairs = {
            key: after.pairs.get(key)
            for key in {**before.pairs, **after.pairs}
            if before.pairs.get(key) != after.pairs.get(key)
        }
        decisions = {
            key: after.decisions.get(key)
            for key in {**before.decisions, **after.decisions}
            if before.decisions.get(key) != after.decisions.get(key)
        }
        return cls(pairs, decisions)


def laid_over(live: Map, wanted: Wanted) -> Map:
    """The mapping as it will be. What is mapped needs no decision any more: the one it had is dropped."""
    pairs = {key: value for key, value in {**live.pairs, **wanted.pairs}.items() if value}
    mapped = set(pairs.values())
    decisions = {
        key: value for key, value in {**live.decisions, **wanted.decisions}.items() if value and key not in mapped
    }
    return Map(pairs, decisions)


class Wrong(StrEnum):
    TWICE = "twice"  # `names`: the other of ours, theirs
    CURRENCY = "currency"  # ours, theirs
    OCCUPANCY = "occupancy"  # how many fit ours, for how many theirs is sold
    OTHER_ROOM = "other_room"  # the provider's room type it belongs to
    NOT_THERE = "not_there"  # the code


@dataclass(frozen=True)
class Fault:
    """Why one of ours cannot be mapped as wanted."""

    key: str
    wrong: Wrong
    names: tuple[str, ...] = ()


def faults(target: Map, changed: Iterable[str], ours: Sequence[Item], theirs: Sequence[Item]) -> list[Fault]:
    """What forbids the changed pairs of a mapping. What is live and stays as it is bears no blame.

    Rate plans follow their room type: where that one moves, those that stay behind are named.
    """
    mine, others = {item.key: item for item in ours}, {item.key: item for item in theirs}
    moved = set(changed)
    found: list[Fault] = []
    holders: dict[str, list[str]] = {}
    for key, other in sorted(target.pairs.items()):
        holders.setdefault(other, []).append(key)
    for key in sorted(moved):
        wanted = target.pairs.get(key)
        if wanted is None or key not in mine:
            continue
        if wanted not in others:
            found.append(Fault(key, Wrong.NOT_THERE, (wanted.partition(":")[2],)))
            continue
        for holder in holders[wanted]:
            if holder != key:
                name = full_name(mine[holder], mine) if holder in mine else holder
                found.append(Fault(key, Wrong.TWICE, (name, full_name(others[wanted], others))))
        found += _unfit(mine[key], others[wanted], target, others)
    wrong = {each.key for each in found}
    for item in ours:
        theirs_now = others.get(target.pairs.get(item.key, ""))
        if item.room in moved - wrong and item.key not in moved and theirs_now is not None:
            found += [each for each in _unfit(item, theirs_now, target, others) if each.wrong is Wrong.OTHER_ROOM]
    return found


def _unfit(one: Item, other: Item, target: Map, others: Mapping[str, Item]) -> list[Fault]:
    found = []
    if one.currency and other.currency and one.currency.upper() != other.currency.upper():
        found.append(Fault(one.key, Wrong.CURRENCY, (one.currency, other.currency)))
    if one.occupancy and other.occupancy and other.occupancy > one.occupancy:
        found.append(Fault(one.key, Wrong.OCCUPANCY, (str(one.occupancy), str(other.occupancy))))
    if one.room and other.room and target.pairs.get(one.room) != other.room:
        name = others[other.room].name if other.room in others else other.room
        found.append(Fault(one.key, Wrong.OTHER_ROOM, (name,)))
    return found


def full_name(item: Item, side: Mapping[str, Item]) -> str:
    """A rate plan with its room type: `Double · Flexible`."""
    room = side.get(item.room or "")
    return f"{room.name} · {item.name}" if room else item.name


def undecided(target: Map, theirs: Iterable[Item]) -> list[Item]:
    """The provider's products about which nobody said anything. They may be on sale right now."""
    settled = set(target.pairs.values()) | set(target.decisions)
    return [item for item in theirs if item.key not in settled]


def gone(target: Map, theirs: Iterable[Item]) -> set[str]:
    """Those of ours that point at a product which is not there any more."""
    there = {item.key for item in theirs}
    return {key for key, other in target.pairs.items() if other not in there}


def to_close(before: Map, after: Map) -> set[str]:
    """The provider's products that were mapped and are no more: they sell what nobody keeps up to date."""
    return set(before.pairs.values()) - set(after.pairs.values())
