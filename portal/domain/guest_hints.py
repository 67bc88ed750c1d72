"""Whether two guests may be one person: never decided by itself, only told, with the reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from rapidfuzz import fuzz

from portal.domain.guests import name_tokens

ALIKE = 90  # of 100: `Jose Garcia` and `José Garcia-Lopez` are, `Ana Silva` and `Eva Silva` are not


class Reason(StrEnum):
    EMAIL = "same_email"
    PHONE = "same_phone"
    NAME = "same_name"
    ALIKE = "alike_name"
    STAY = "same_stay"


class Nights(NamedTuple):
    """A stay at a property, `[check_in, check_out)`."""

    property_id: object
    check_in: date
    check_out: date


@dataclass(frozen=True)
class Known:
    """What is compared of a guest."""

    name: str | None
    stays: Sequence[Nights] = ()


def reasons(one: Known, other: Known, *, same_email: bool = False, same_phone: bool = False) -> list[Reason]:
    """Why the two may be one person, the strongest first; empty when there is not enough to say so.

    A shared real e-mail address or phone number is enough; a name needs a stay at the same time beside it, since
    OTAs send a made-up address with every booking and a common name says nothing.
    """
    found = []
    if same_email:
        found.append(Reason.EMAIL)
    if same_phone:
        found.append(Reason.PHONE)
    likeness = _likeness(one.name, other.name)
    if likeness >= ALIKE:
        found.append(Reason.NAME if likeness == 100 else Reason.ALIKE)
    if any(_together(mine, theirs) for mine in one.stays for theirs in other.stays):
        found.append(Reason.STAY)
    enough = same_email or same_phone or (likeness >= ALIKE and Reason.STAY in found)
    return found if enough else []


def _likeness(one: str | None, other: str | None) -> int:
    mine, theirs = name_tokens(one), name_tokens(other)
    if not mine or not theirs:
        return 0
    if mine == theirs:
        return 100
    return min(99, round(fuzz.ratio(" ".join(sorted(mine)), " ".join(sorted(theirs)))))


def _together(mine: Nights, theirs: Nights) -> bool:
    """At the same property, in the same nights or one right after the other."""
    if mine.property_id != theirs.property_id:
        return False
    return mine.check_in <= theirs.check_out and theirs.check_in <= mine.check_out
