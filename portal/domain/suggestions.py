"""Which of theirs is probably which of ours: proposals with a confidence and the reasons for it. Pure.

A proposal is never an assignment. What two of ours (or two of theirs) claim equally well is left to a person:
a coin flip maps the wrong product one time in two, and the guest notices first.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from rapidfuzz import fuzz

LEAST = 50
"""Below this a proposal would only cost time."""

WEIGHTS = {"name": 60, "occupancy": 15, "meal": 10, "price": 15}
HALF_KNOWN = 0.5  # a fact only one side tells speaks neither for nor against
FAR_OFF = Decimal("0.5")  # prices that differ by half share nothing any more
CLOSE = Decimal("0.1")
NO_WORDS = re.compile(r"[\W_]+")
# Spelt-out umlauts and ligatures: Zuerich is Zürich is Zurich.
SPELT_OUT = (("ae", "a"), ("oe", "o"), ("ue", "u"))


class Kind(StrEnum):
    SAME_NAME = "same_name"
    LIKE_NAME = "like_name"  # `figure`: likeness in percent
    SAME_OCCUPANCY = "same_occupancy"
    OTHER_OCCUPANCY = "other_occupancy"
    SAME_MEAL = "same_meal"
    OTHER_MEAL = "other_meal"
    CLOSE_PRICE = "close_price"  # `figure`: how many percent theirs lies off ours, signed
    OTHER_PRICE = "other_price"
    SISTER = "sister"  # a sister property has it so


@dataclass(frozen=True)
class Reason:
    kind: Kind
    figure: int = 0


@dataclass(frozen=True)
class Product:
    """A room type or a rate plan of either side, as far as it is known.

    `family` ties rate plans to their room type: where both sides name one, only equal ones may be paired.
    `prices` are in `currency`, per night; zero and nothing both mean that the price is not known.
    """

    key: str
    name: str
    occupancy: int | None = None
    meal: str | None = None
    currency: str | None = None
    family: str | None = None
    prices: Mapping[date, Decimal | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Proposal:
    ours: str
    theirs: str
    confidence: int  # 0-100
    reasons: tuple[Reason, ...]


def suggest(ours: Sequence[Product], theirs: Sequence[Product], least: int = LEAST) -> list[Proposal]:
    """The best pairs, one-to-one, surest first; the same whatever order the products come in.

    A pair is proposed when neither side has a better one left. Sides with two equally good partners get none, nor do
    those partners.
    """
    pairs = [pair for one in ours for other in theirs if (pair := compare(one, other)) and pair.confidence >= least]
    pairs.sort(key=lambda pair: (-pair.confidence, pair.ours, pair.theirs))
    found: list[Proposal] = []
    used: tuple[set[str], set[str]] = (set(), set())
    for level in _levels(pairs):
        free = [pair for pair in level if pair.ours not in used[0] and pair.theirs not in used[1]]
        mine, others = Counter(pair.ours for pair in free), Counter(pair.theirs for pair in free)
        found += [pair for pair in free if mine[pair.ours] == 1 == others[pair.theirs]]
        used[0].update(mine)
        used[1].update(others)
    return found


def compare(ours: Product, theirs: Product) -> Proposal | None:
    """How well two products fit. None when they cannot be one: another currency, another room type."""
    if ours.currency and theirs.currency and ours.currency.upper() != theirs.currency.upper():
        return None
    if ours.family and theirs.family and ours.family != theirs.family:
        return None
    reasons: list[Reason] = []
    gained = weighed = 0.0
    for share, weight, reason in _facts(ours, theirs):
        gained += share * weight
        weighed += weight
        if reason is not None:
            reasons.append(reason)
    return Proposal(ours.key, theirs.key, int(100 * gained / weighed), tuple(reasons))


def normalised(name: str) -> str:
    """A name without case, accents, punctuation and double blanks; spelt-out umlauts count as the letter."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    for spelt, letter in SPELT_OUT:
        plain = plain.replace(spelt, letter)
    return " ".join(NO_WORDS.sub(" ", unicodedata.normalize("NFC", plain)).split())


def likeness(one: str, other: str) -> int:
    """How alike two names are, 0-100; the order of the words does not matter. Nothing is like a name of no letters."""
    left, right = normalised(one), normalised(other)
    if not left or not right:
        return 0
    return int(max(fuzz.ratio(left, right), fuzz.token_sort_ratio(left, right)))


def price_gap(ours: Mapping[date, Decimal | None], theirs: Mapping[date, Decimal | None]) -> Decimal | None:
    """How far their prices lie off ours on average, as a share of ours: 0.38 is 38 % dearer there. None: unknown."""
    gaps = []
    for night, price in ours.items():
        other = theirs.get(night)
        if price and other:
            gaps.append((other - price) / price)
    return sum(gaps, Decimal(0)) / len(gaps) if gaps else None


def _levels(pairs: Sequence[Proposal]) -> Iterator[list[Proposal]]:
    """The pairs of one confidence together, the surest first."""
    level: list[Proposal] = []
    for pair in pairs:
        if level and level[-1].confidence != pair.confidence:
            yield level
            level = []
        level.append(pair)
    if level:
        yield level


def _facts(ours: Product, theirs: Product) -> Iterator[tuple[float, int, Reason | None]]:
    """(share of the weight gained, weight, reason) of each fact at least one side tells."""
    alike = likeness(ours.name, theirs.name)
    yield alike / 100, WEIGHTS["name"], Reason(Kind.SAME_NAME if alike == 100 else Kind.LIKE_NAME, alike)
    yield from _equal("occupancy", ours.occupancy, theirs.occupancy, Kind.SAME_OCCUPANCY, Kind.OTHER_OCCUPANCY)
    yield from _equal("meal", ours.meal or None, theirs.meal or None, Kind.SAME_MEAL, Kind.OTHER_MEAL)
    gap = price_gap(ours.prices, theirs.prices)
    if gap is not None:
        kind = Kind.CLOSE_PRICE if abs(gap) <= CLOSE else Kind.OTHER_PRICE
        yield float(max(Decimal(0), 1 - abs(gap) / FAR_OFF)), WEIGHTS["price"], Reason(kind, round(gap * 100))


def _equal(
    name: str, one: object, other: object, same: Kind, different: Kind
) -> Iterator[tuple[float, int, Reason | None]]:
    if one is None and other is None:
        return
    if one is None or other is None:
        yield HALF_KNOWN, WEIGHTS[name], None
    elif one == other:
        yield 1.0, WEIGHTS[name], Reason(same)
    else:
        yield 0.0, WEIGHTS[name], Reason(different)
