"""What may be wrong with a list of rooms, in sentences."""

from __future__ import annotations

from flask_babel import gettext, lazy_gettext

from portal.domain.room_list import Problem
from portal.web.vocabulary import Words

_LIST: Words = {
    "empty": lazy_gettext("There is no room in this list."),
    "no_column": lazy_gettext("The first line has no heading %(value)s."),
    "no_type": lazy_gettext("The room type is missing."),
    "no_room": lazy_gettext("The room's number is missing."),
    "too_long": lazy_gettext("A name is too long: %(value)s."),
    "twice": lazy_gettext("Room %(value)s is there twice."),
    "not_a_number": lazy_gettext("%(value)s is not a number of people."),
    "differs": lazy_gettext("The room type %(value)s sleeps a different number of people further up."),
    "too_many": lazy_gettext("A list has at most %(value)s rooms."),
}


def list_problem(problem: Problem) -> str:
    """The sentence for one mistake in a list of rooms."""
    sentence = _LIST.get(problem.kind)
    return gettext("This cannot be read.") if sentence is None else str(sentence) % {"value": problem.value}
