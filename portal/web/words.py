"""What our rows mean, in a person's words: states, outcomes, reasons, fields. Sentences of troubles: `web.troubles`.

Each function takes the stored word and gives a translated one. A word nobody has told us about is shown as it is,
with its underscores opened: a strange word is better than an empty cell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from flask import Flask
from flask_babel import gettext, ngettext

from portal.web import vocabulary
from portal.web.filters import day, money, nights, weekday
from portal.web.vocabulary import FIELDS, STATUSES, Words
from portal.web.vocabulary_prices import CONCERNS

_EVERY_DAY = 0b1111111
_LEAST = re.compile(r"must be greater than (?P<equal>or equal to )?(?P<number>[0-9]{1,6})")


def install(app: Flask) -> None:
    app.jinja_env.globals.update(words=_vocabulary())


@cache
def _vocabulary() -> dict[str, Any]:
    """What a template may call as `words.status(…)`."""
    plain = {
        "status": STATUSES, "source": vocabulary.SOURCES, "provider": vocabulary.PROVIDERS,
        "connection_state": vocabulary.CONNECTION_STATES, "channel_state": vocabulary.CHANNEL_STATES,
        "outcome": vocabulary.OUTCOMES, "cell": vocabulary.CELLS, "verdict": vocabulary.VERDICTS,
        "merge_result": vocabulary.MERGE_RESULTS, "merge_reason": vocabulary.MERGE_REASONS,
        "conflict": vocabulary.CONFLICTS, "action": vocabulary.ACTIONS, "cause": vocabulary.CAUSES,
        "charge": vocabulary.CHARGES, "housekeeping": vocabulary.HOUSEKEEPING,
        "block_reason": vocabulary.BLOCK_REASONS, "guest_hint": vocabulary.GUEST_HINTS,
        "guest_source": vocabulary.GUEST_SOURCES,
        "concern": CONCERNS,
    }  # fmt: skip
    made = {name: _lookup(known) for name, known in plain.items()}
    spoken = {"field": field, "field_value": value, "mark": mark, "people": people, "reason": reason}
    return {**made, **spoken, "weekdays": weekdays}


def _lookup(known: Words) -> Any:
    return lambda word: say(known, word)


def say(known: Words, word: object) -> str:
    """The words for a stored one; a stranger is shown as it is."""
    text = str(getattr(word, "value", word) or "")
    return str(known.get(text) or text.replace("_", " "))


def mark(health: object) -> str:
    """The kind that the macro `state.state` draws, for a `connection_health.Health`."""
    text = str(getattr(health, "value", health))
    return "needs_ota" if text == "needs_the_ota" else text


def field(path: str) -> str:
    """The name of a field by its path: `rooms.2.check_in` is `Room 3 · Arrival`, a run of nights is named after it."""
    name, _, span = path.partition(" ")
    parts = name.split(".")
    said = say(FIELDS, parts[-1]).capitalize() if parts[-1] not in FIELDS else str(FIELDS[parts[-1]])
    if parts[0] == "rooms" and len(parts) > 2:
        number = parts[1].lstrip("#")
        room = gettext("Room %(number)d", number=int(number) + 1) if number.isdigit() else gettext("Room")
        said = said if room == said else f"{room} · {said}"
    if parts[0] == "rule" and len(parts) > 1:
        said = gettext("Season: %(field)s", field=said)
    return f"{said}, {_span(span)}" if span else said


def value(path: str, raw: Any, currency: str = "", names: Mapping[str, str] | None = None) -> str:
    """A stored value of a field as a person reads it. `names` turns ids of rooms, types and plans into names."""
    name = path.partition(" ")[0].split(".")[-1]
    if raw is None or raw == "":
        return ""
    if isinstance(raw, bool):
        return str(gettext("yes") if raw else gettext("no"))
    if name == "status":
        return say(STATUSES, raw)
    if name in ("amount", "rate", "base_rate", "floor", "ceiling") and currency:
        return _money(raw, currency)
    if name in ("check_in", "check_out", "first_night", "last_night"):
        return _date(raw)
    if name == "weekdays":
        return weekdays(int(raw))
    if name == "occupancy" and isinstance(raw, list | tuple):
        return people(*raw)
    return (names or {}).get(str(raw), str(raw))


def weekdays(mask: int) -> str:
    """The days of a mask with Monday = 1 … Sunday = 64, as `Fri, Sat`."""
    if mask == _EVERY_DAY:
        return str(gettext("every day"))
    monday = date(2026, 1, 5)
    return ", ".join(weekday(monday + timedelta(days=each)) for each in range(7) if mask >> each & 1)


def people(adults: int, children: int = 0, infants: int = 0) -> str:
    """`2 adults, 1 child`."""
    said = [ngettext("%(num)d adult", "%(num)d adults", adults)]
    if children:
        said.append(ngettext("%(num)d child", "%(num)d children", children))
    if infants:
        said.append(ngettext("%(num)d infant", "%(num)d infants", infants))
    return ", ".join(said)


def reason(text: str) -> str:
    """A provider's reason, its field names in our words: `min_stay_through must be greater than 0`."""
    return "; ".join(_sentence(part.strip()) for part in text.split(";") if part.strip())


def _sentence(part: str) -> str:
    name, _, rest = part.partition(" ")
    if name not in FIELDS or not rest:
        return part
    least = _LEAST.fullmatch(rest)
    if least is None:
        return f"{FIELDS[name]}: {rest}"
    number = int(least["number"]) + (0 if least["equal"] else 1)
    return str(gettext("%(field)s must be at least %(number)d", field=FIELDS[name], number=number))


def _money(raw: Any, currency: str) -> str:
    try:
        return money(Decimal(str(raw)), currency)
    except (InvalidOperation, ValueError):
        return str(raw)


def _date(raw: Any) -> str:
    try:
        return day(date.fromisoformat(str(raw)[:10]))
    except ValueError:
        return str(raw)


def _span(text: str) -> str:
    """`2026-12-01..2026-12-31` as nights."""
    first, _, last = text.partition("..")
    try:
        start, end = date.fromisoformat(first), date.fromisoformat(last or first)
    except ValueError:
        return text
    return nights(start, date.fromordinal(end.toordinal() + 1))
