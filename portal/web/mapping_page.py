"""What the mapping page shows, and what its form sends: lines of ours, products left over of theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from portal.domain.mapping import ROOM, Decision, Fault, Item, Map, Wanted, full_name
from portal.domain.suggestions import Proposal
from portal.services import held_bookings, mapping_apply, mapping_sides, remote_products
from portal.services.mapping_drafts import Desk
from portal.web import mapping_words, words

LONGEST = 80
MOST = 5000  # fields of one form


@dataclass(frozen=True)
class Sent:
    """The form as it came: codes by our lines, decisions by their products, the draft's version it was made of."""

    version: int = 0
    pairs: Mapping[str, str] = field(default_factory=dict)
    decisions: Mapping[str, Decision | None] = field(default_factory=dict)
    accept: str = ""

    @classmethod
    def read(cls, form: MultiDict[str, str]) -> Sent:
        fields = [(name, value) for name, value in form.items()][:MOST]
        pairs = {name[3:]: value[:LONGEST] for name, value in fields if name.startswith("to-")}
        known = {each.value: each for each in Decision}
        decisions = {name[7:]: known.get(value) for name, value in fields if name.startswith("decide-")}
        rest = known.get(form.get("rest", ""))  # for all that are undecided
        decisions = {product: decision or rest for product, decision in decisions.items()}
        return cls(_number(form.get("version", "")), pairs, decisions, form.get("accept", "")[:LONGEST])

    @classmethod
    def listed(cls, form: MultiDict[str, str]) -> Sent:
        """The accepted list: `pair` is `ours=theirs`, as often as there are some."""
        pairs = {}
        for each in form.getlist("pair")[:MOST]:
            ours, _, theirs = each.partition("=")
            pairs[ours[:LONGEST]] = theirs.partition(":")[2][:LONGEST]
        return cls(_number(form.get("version", "")), pairs)

    def accepting(self, proposals: Mapping[str, Proposal], ours: Sequence[Item]) -> Sent:
        """With the proposal of the line taken; a rate plan brings its room type's along, when that is open."""
        room = next((item.room for item in ours if item.key == self.accept), None)
        taken = [self.accept] if room is None or self.pairs.get(room) else [room, self.accept]
        found = {key: proposals[key].theirs.partition(":")[2] for key in taken if key in proposals}
        return replace(self, pairs={**self.pairs, **found})


@dataclass(frozen=True)
class Line:
    """One of ours with what it is (to be) mapped to. `code` is what the select shows, also when it is wrong."""

    item: Item
    code: str
    live: str
    theirs: Item | None
    proposal: Proposal | None
    proposed: str
    verdicts: Sequence[tuple[str, str]]
    errors: Sequence[str]
    gone: bool
    booked: datetime | None

    @property
    def is_room(self) -> bool:
        return self.item.kind == ROOM

    @property
    def changed(self) -> bool:
        return self.code != self.live


@dataclass(frozen=True)
class Left:
    """One of theirs that is not mapped, and what was decided about it."""

    item: Item
    name: str
    decision: str
    booked: datetime | None


@dataclass(frozen=True)
class Page:
    groups: Sequence[Sequence[Line]]  # a room type, then its rate plans
    left: Sequence[Left]
    rooms: Sequence[tuple[str, str]]  # (code, what the list calls it)
    plans: Sequence[tuple[str, Sequence[tuple[str, str]]]]  # by room type
    booked: Mapping[str, datetime]
    proposals: int
    errors: Mapping[str, Sequence[str]]
    counts: Mapping[str, int]
    version: int


@dataclass(frozen=True)
class Status:
    """The age of the list, and what a worker is at."""

    snapshot: Any
    pending: bool
    replaying: bool
    held: held_bookings.Held
    fresh: bool  # a newer list than the page was drawn with
    seen: str
    wait: int  # seconds until the list may be asked for again


def build(desk: Desk, proposals: Mapping[str, Proposal], sent: Sent | None, faults: Sequence[Fault]) -> Page:
    provider = words.say(words.vocabulary.PROVIDERS, desk.connection.provider)
    target, others = desk.target, {item.key: item for item in desk.theirs}
    errors: dict[str, list[str]] = {}
    for each in faults:
        errors.setdefault(each.key, []).append(mapping_words.fault(each, provider))
    booked = mapping_sides.last_booked(desk.connection)
    lines = [_line(desk, item, target, others, proposals, sent, errors, booked, provider) for item in desk.ours]
    groups: list[list[Line]] = []
    for line in lines:
        if line.is_room or not groups:
            groups.append([])
        groups[-1].append(line)
    mapped = set(target.pairs.values())
    left = [_left(item, others, target, sent, booked) for item in desk.theirs if item.key not in mapped]
    return Page(
        groups=groups, left=left, rooms=[(item.id, _option(item)) for item in desk.theirs if item.kind == ROOM],
        plans=_plans(desk.theirs), booked=booked,
        proposals=sum(1 for line in lines if line.proposal is not None), errors=errors,
        counts=_counts(target, desk), version=desk.version,
    )  # fmt: skip


def names(desk: Desk) -> dict[str, str]:
    """What every product of both sides is called, with its room type; also those that are gone."""
    mine, others = {item.key: item for item in desk.ours}, {item.key: item for item in desk.theirs}
    found = {key: full_name(item, side) for side in (mine, others) for key, item in side.items()}
    return {**desk.names, **found}


def status(connection: Any, seen: str = "") -> Status:
    kept, moment = remote_products.snapshot(connection.id), datetime.now(UTC)
    stamp = kept.fetched_at.isoformat() if kept and kept.fetched_at else ""
    pending = remote_products.is_pending(kept, moment)
    replay = kept.replay if kept else {}
    replaying = bool(replay) and not replay.get("finished_at") and not _stale(replay, moment)
    since = (moment - kept.asked_at).total_seconds() if kept and kept.asked_at else 1e9
    wait = max(0, int(remote_products.EVERY.total_seconds() - since))
    return Status(
        kept,
        pending,
        replaying,
        held_bookings.count(connection),
        bool(seen) and seen != stamp,
        seen or stamp or "-",
        wait,
    )


def told(row: Any, newest: bool) -> dict[str, Any]:
    """One entry of the history: what changed, before and after by name, and whether it can be taken back."""
    before, after = Map.from_json(row.before), Map.from_json(row.after)
    wanted = Wanted.between(before, after)
    changes = [
        (_name(row, key), _name(row, before.pairs.get(key)), _name(row, other)) for key, other in wanted.pairs.items()
    ]
    for key in sorted(wanted.decisions, key=lambda key: _name(row, key)):
        changes.append((_name(row, key), _what_it_was(before, key), _what_it_was(after, key)))
    return {"row": row, "changes": changes, "can_undo": newest and mapping_apply.can_undo(row)}


def _name(row: Any, key: str | None) -> str:
    """What a product was called when the change was made."""
    return str(row.names.get(key, key)) if key else ""


def _what_it_was(side: Map, key: str) -> str:
    if key in side.pairs.values():
        return gettext("mapped")
    return mapping_words.decision(side.decisions.get(key, ""))


def _line(
    desk: Desk, item: Item, target: Map, others: Mapping[str, Item], proposals: Mapping[str, Proposal],
    sent: Sent | None, errors: Mapping[str, Sequence[str]], booked: Mapping[str, datetime], provider: str,
) -> Line:  # fmt: skip
    live = desk.live.pairs.get(item.key, "").partition(":")[2]
    code = target.pairs.get(item.key, "").partition(":")[2]
    if sent is not None and item.key in sent.pairs:
        code = sent.pairs[item.key].strip()
    theirs = others.get(f"{item.kind}:{code}")
    proposal = proposals.get(item.key) if not code or theirs is None else None
    return Line(
        item=item, code=code, live=live, theirs=theirs, proposal=proposal,
        proposed=full_name(others[proposal.theirs], others) if proposal else "",
        verdicts=mapping_words.verdicts(item, theirs, code or None, provider), errors=errors.get(item.key, ()),
        gone=bool(code) and theirs is None and desk.is_read, booked=booked.get(item.key),
    )  # fmt: skip


def _left(
    item: Item, others: Mapping[str, Item], target: Map, sent: Sent | None, booked: Mapping[str, datetime]
) -> Left:
    decision = target.decisions.get(item.key)
    if sent is not None and item.key in sent.decisions:
        decision = sent.decisions[item.key]
    return Left(item, full_name(item, others), decision.value if decision else "", booked.get(item.key))


def _plans(theirs: Sequence[Item]) -> list[tuple[str, list[tuple[str, str]]]]:
    rooms = [item for item in theirs if item.kind == ROOM]
    return [(room.name, [(each.id, _option(each)) for each in theirs if each.room == room.key]) for room in rooms]


def _option(item: Item) -> str:
    """A product in a list: several may share one name, so its code stands beside it."""
    facts = [item.name, item.currency or "", mapping_words.people(item.occupancy), item.id[-8:]]
    return " · ".join(each for each in facts if each)


def _counts(target: Map, desk: Desk) -> dict[str, int]:
    there = {item.key for item in desk.theirs}
    decided = [value for key, value in target.decisions.items() if key in there]
    return {
        "mapped": len(there & set(target.pairs.values())),
        "not_sold": decided.count(Decision.NOT_SOLD),
        "at_ota": decided.count(Decision.AT_OTA),
        "undecided": len(desk.undecided),
    }


def _stale(replay: Mapping[str, Any], moment: datetime) -> bool:
    return moment - datetime.fromisoformat(replay["asked_at"]) > remote_products.PATIENCE * 6


def _number(sent: str) -> int:
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 9 else -1
