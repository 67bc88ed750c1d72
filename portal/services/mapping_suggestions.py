"""Proposals for the lines of a mapping that are still open: by likeness, or as a sister property has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from portal.domain import suggestions as rule
from portal.domain.mapping import ROOM, Item
from portal.domain.suggestions import Kind, Product, Proposal, Reason
from portal.models import Connection
from portal.services import mapping_sides, remote_products
from portal.services.mapping_drafts import Desk

SURE = 90
"""From this confidence on proposals may be accepted together, after a look at the list."""


def propose(desk: Desk) -> dict[str, Proposal]:
    """{ours: the proposal for it}, of what the draft leaves open on both sides. Nothing is filled in."""
    target = desk.target
    taken, mapped = set(target.pairs.values()) | set(target.decisions), set(target.pairs) - desk.gone
    open_ours = [item for item in desk.ours if item.key not in mapped]
    open_theirs = [item for item in desk.theirs if item.key not in taken]
    rooms = rule.suggest(
        [_product(item) for item in open_ours if item.kind == ROOM],
        [_product(item) for item in open_theirs if item.kind == ROOM],
    )
    beside = {**target.pairs, **{each.ours: each.theirs for each in rooms}}
    plans = rule.suggest(
        [_product(item, beside.get(item.room or "", f"no room of {item.room}")) for item in open_ours if item.room],
        [_product(item, item.room) for item in open_theirs if item.room],
    )
    return {each.ours: each for each in (*rooms, *plans)}


def sure(proposals: Iterable[Proposal], ours: Sequence[Item], least: int = SURE) -> list[Proposal]:
    """Those that are sure enough, in the order of the page; a rate plan never without its room type."""
    order = {item.key: (place, item) for place, item in enumerate(ours)}
    found = {each.ours: each for each in proposals}
    kept = [each for each in found.values() if each.confidence >= least and each.ours in order]
    kept = [each for each in kept if (room := order[each.ours][1].room) not in found or found[room].confidence >= least]
    return sorted(kept, key=lambda each: order[each.ours][0])


def copied(desk: Desk, sister: Connection) -> list[Proposal]:
    """What the sister property's mapping says of products with the same names, for lines that are open here.

    Names that stand for two products on either side are left to a person.
    """
    target = desk.target
    taken = set(target.pairs.values())
    mine = {name: item for name, item in _by_name(desk.ours).items() if item.key not in target.pairs}
    others = {name: item for name, item in _by_name(desk.theirs).items() if item.key not in taken}
    their_ours = {item.key: item for item in mapping_sides.ours(sister.property_id)}
    their_theirs = {item.key: item for item in remote_products.items(remote_products.snapshot(sister.id))}
    ours_names, theirs_names = _names(their_ours.values()), _names(their_theirs.values())
    found: dict[str, Proposal] = {}
    for key, other in mapping_sides.live(sister).pairs.items():
        one = mine.get(ours_names.get(key, ""))
        there = others.get(theirs_names.get(other, ""))
        if one and there and one.kind == there.kind and (one.currency or "") in ("", there.currency or one.currency):
            found[one.key] = Proposal(one.key, there.key, 100, (Reason(Kind.SISTER),))
    return sure(found.values(), desk.ours)


def _product(item: Item, family: str | None = None) -> Product:
    return Product(
        item.key, item.name, item.occupancy, item.meal or None, item.currency, family, dict(item.prices)
    )  # fmt: skip


def _names(items: Iterable[Item]) -> dict[str, str]:
    """{key: the kind, the room type's and its own name as they are compared}."""
    listed = list(items)
    names = {item.key: rule.normalised(item.name) for item in listed}
    return {item.key: f"{item.kind}|{names.get(item.room or '', '')}|{names[item.key]}" for item in listed}


def _by_name(items: Iterable[Item]) -> dict[str, Item]:
    listed = list(items)
    names = _names(listed)
    found: dict[str, list[Item]] = {}
    for item in listed:
        found.setdefault(names[item.key], []).append(item)
    return {name: each[0] for name, each in found.items() if len(each) == 1}
