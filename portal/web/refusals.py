"""What a service refused, said to the person who asked: the one way a refusal gets onto a page."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext, ngettext

from portal.domain.reservations import Status
from portal.services.errors import Refused
from portal.services.sentences import Amount, Counted, Phrase, Value
from portal.web import words
from portal.web.filters import day, money, number
from portal.web.vocabulary import STATUSES


def said(refusal: Refused) -> str:
    """The sentence in the reader's language; days, numbers and money as the reader writes them."""
    sentence, values = refusal.sentence, {name: _shown(value) for name, value in refusal.values.items()}
    if isinstance(sentence, Counted):
        del values["num"]
        return str(ngettext(sentence.one, sentence.many, refusal.values["num"], **values))
    return str(gettext(sentence, **values))


def _shown(value: Value) -> str:
    match value:
        case Phrase():
            return str(gettext(value))
        case Status():
            return words.say(STATUSES, value)
        case Amount():
            return money(value.value, value.currency)
        case tuple():
            return ", ".join(_shown(each) for each in value)
        case date():
            return day(value)
        case int():
            return number(value)
    return str(value)
