"""A mapping in a person's words: why something is proposed, what is wrong, how two products compare."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext, lazy_gettext, ngettext

from portal.domain.mapping import Decision, Fault, Item, Wrong
from portal.domain.suggestions import CLOSE, Kind, Proposal, Reason, price_gap
from portal.web.vocabulary import Words
from portal.web.words import say

MEALS: Words = {
    "none": lazy_gettext("no meals"), "room_only": lazy_gettext("no meals"), "breakfast": lazy_gettext("breakfast"),
    "bed_and_breakfast": lazy_gettext("breakfast"), "half_board": lazy_gettext("half board"),
    "full_board": lazy_gettext("full board"), "all_inclusive": lazy_gettext("all inclusive"),
    "lunch": lazy_gettext("lunch"), "dinner": lazy_gettext("dinner"), "self_catering": lazy_gettext("self-catering"),
}  # fmt: skip
DECISIONS: Words = {
    "": lazy_gettext("undecided"),
    Decision.NOT_SOLD.value: lazy_gettext("not sold: closed at the OTA"),
    Decision.AT_OTA.value: lazy_gettext("kept up to date at the OTA"),
}
_REASONS: Words = {
    Kind.SAME_NAME.value: lazy_gettext("same name"),
    Kind.SAME_OCCUPANCY.value: lazy_gettext("same occupancy"),
    Kind.OTHER_OCCUPANCY.value: lazy_gettext("another occupancy"),
    Kind.SAME_MEAL.value: lazy_gettext("same meals"),
    Kind.OTHER_MEAL.value: lazy_gettext("other meals"),
    Kind.SISTER.value: lazy_gettext("mapped so at the sister property"),
}


def meal(code: str | None) -> str:
    return say(MEALS, code) if code else ""


def decision(value: object) -> str:
    return say(DECISIONS, value)


def reasons(proposal: Proposal) -> str:
    """`same name, same occupancy, price 3 % lower`."""
    return ", ".join(_reason(each) for each in proposal.reasons)


def _reason(reason: Reason) -> str:
    if reason.kind is Kind.LIKE_NAME:
        return gettext("name %(figure)d %% alike", figure=reason.figure)
    if reason.kind in (Kind.CLOSE_PRICE, Kind.OTHER_PRICE):
        return _price(reason.figure)
    return say(_REASONS, reason.kind)


def _price(figure: int) -> str:
    if figure == 0:
        return gettext("same price")
    if figure > 0:
        return gettext("price there %(figure)d %% higher", figure=figure)
    return gettext("price there %(figure)d %% lower", figure=-figure)


def fault(found: Fault, provider: str) -> str:
    """Why a line was refused, and what to do."""
    names = found.names
    if found.wrong is Wrong.TWICE:
        return gettext(
            "“%(theirs)s” is already mapped to “%(other)s”. One product there takes one of yours: choose another, or "
            "take it off that line first.", theirs=names[1], other=names[0],
        )  # fmt: skip
    if found.wrong is Wrong.CURRENCY:
        return gettext(
            "Its currency is %(theirs)s, yours is %(ours)s. A price would be sold as another amount: choose a product "
            "in %(ours)s.", ours=names[0], theirs=names[1],
        )  # fmt: skip
    if found.wrong is Wrong.OCCUPANCY:
        return gettext(
            "It is sold for %(theirs)s people, but only %(ours)s sleep in yours. Choose a product for fewer people.",
            ours=names[0], theirs=names[1],
        )  # fmt: skip
    if found.wrong is Wrong.OTHER_ROOM:
        return gettext(
            "This rate plan belongs to “%(room)s” there. Map the room type above to it, or choose another.",
            room=names[0],
        )
    return gettext(
        "There is no product with the code “%(code)s” at %(provider)s. Codes are compared exactly; refresh the list if "
        "it is new there.", code=names[0], provider=provider,
    )  # fmt: skip


def verdicts(ours: Item, theirs: Item | None, code: str | None, provider: str) -> list[tuple[str, str]]:
    """(level, sentence) of one line: how the two products compare."""
    if code is None:
        return [("closed", gettext("Not mapped: it is not sold through %(provider)s.", provider=provider))]
    if theirs is None:
        return [("needs_you", gettext(
            "No longer at %(provider)s: it sells nothing. Create it anew, or map another.", provider=provider,
        ))]  # fmt: skip
    found = list(_compared(ours, theirs).items())
    return [(level, sentence) for sentence, level in found] or [("fine", gettext("nothing speaks against it"))]


def _compared(ours: Item, theirs: Item) -> Mapping[str, str]:
    """{sentence: level}, what forbids it first."""
    found: dict[str, str] = {}
    if ours.currency and theirs.currency and ours.currency != theirs.currency:
        found[gettext("currency differs: blocked")] = "needs_you"
    if ours.occupancy and theirs.occupancy:
        if ours.occupancy == theirs.occupancy:
            found[gettext("same occupancy")] = "fine"
        else:
            level = "needs_you" if theirs.occupancy > ours.occupancy else "info"
            found[gettext("for %(theirs)d there, %(ours)d here", theirs=theirs.occupancy, ours=ours.occupancy)] = level
    if ours.meal and theirs.meal and meal(ours.meal) != meal(theirs.meal):
        found[gettext("meals differ")] = "info"
    gap = price_gap(ours.prices, theirs.prices)
    if gap is not None:
        found[_price(round(gap * 100))] = "fine" if abs(gap) <= CLOSE else "info"
    return found


def people(many: int | None) -> str:
    return "" if many is None else ngettext("for %(num)d person", "for %(num)d people", many)
