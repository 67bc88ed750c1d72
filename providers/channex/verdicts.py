"""Channex's word on each run of a push: a 200 carries warnings, and a warning is a refusal. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from providers.channex.ari import ID_FIELD
from providers.errors import Malformed
from providers.strict import clean_text
from providers.strict_fields import day
from providers.types import CalendarChange, PushResult, Verdict, VerdictKind

_NOTHING_TAKEN = "Channex took nothing of this call"


def read_push(changes: Sequence[CalendarChange], body: Mapping[str, Any]) -> PushResult:
    """Return a verdict for every change of one call.

    There is no index in a warning; it echoes what it refuses, and is matched by product and dates.
    A warning that fits no change casts doubt on all of the call. Raises `Malformed` when the body
    neither took nor refused anything.
    """
    tasks, warnings = _tasks(body), _warnings(body)
    data = body.get("data")
    if not tasks and not warnings and (data is not None or _message(body) != "Success"):
        raise Malformed("Channex took the call without a task and without a warning", field="data")
    refused = _matched(changes, warnings)
    nothing_taken = data == []
    task = tasks[0] if tasks else None
    verdicts: list[Verdict] = []
    for index, change in enumerate(changes):
        verdicts += _verdicts(change, refused.get(index, []), task, nothing_taken)
    return PushResult(tuple(verdicts), tasks)


def reason(warning: Any) -> str:
    """Return a warning as one sentence: it is an object of messages by field, or a plain string."""
    if isinstance(warning, dict):
        parts = [f"{name} {_sentence(messages)}" for name, messages in warning.items()]
    else:
        parts = [_sentence(warning)]
    return clean_text("; ".join(part.strip() for part in parts if part.strip()))[:500] or "refused without a reason"


def _sentence(messages: Any) -> str:
    return ", ".join(str(message) for message in messages) if isinstance(messages, list) else str(messages or "")


def _tasks(body: Mapping[str, Any]) -> tuple[str, ...]:
    data = body.get("data")
    items = data if isinstance(data, list) else [data]
    return tuple(str(item["id"]) for item in items if isinstance(item, dict) and item.get("id"))


def _warnings(body: Mapping[str, Any]) -> list[Any]:
    meta = body.get("meta")
    warnings = meta.get("warnings") if isinstance(meta, dict) else None
    if not warnings:
        return []
    return warnings if isinstance(warnings, list) else [warnings]


def _message(body: Mapping[str, Any]) -> Any:
    meta = body.get("meta")
    return meta.get("message") if isinstance(meta, dict) else None


Refusals = list[tuple[str, tuple[date, ...]]]  # why, and the nights meant: none means the whole run


def _matched(changes: Sequence[CalendarChange], warnings: Iterable[Any]) -> dict[int, Refusals]:
    by_product: dict[str, list[int]] = {}
    for index, change in enumerate(changes):
        by_product.setdefault(change.external_id, []).append(index)
    found: dict[int, Refusals] = {}
    for warning in warnings:
        echo = warning if isinstance(warning, dict) else {"warning": warning}
        why = reason(echo.get("warning"))
        for index, nights in _places(changes, by_product, echo, why):
            found.setdefault(index, []).append((why, nights))
    return found


def _places(
    changes: Sequence[CalendarChange], by_product: Mapping[str, Sequence[int]], echo: Mapping[str, Any], why: str
) -> list[tuple[int, tuple[date, ...]]]:
    product = next((echo[name] for name in ID_FIELD.values() if isinstance(echo.get(name), str)), None)
    candidates = by_product.get(product or "", ()) or range(len(changes))
    window = _window(echo)
    if window is None:
        return [(index, ()) for index in candidates]
    places = [
        (index, _nights_meant(changes[index], window, why))
        for index in candidates
        if changes[index].run.first <= window[1] and window[0] <= changes[index].run.last
    ]
    return places or [(index, ()) for index in candidates]


def _nights_meant(change: CalendarChange, window: tuple[date, date], why: str) -> tuple[date, ...]:
    run = change.run
    if "past" in why.lower() and run.first < run.last:
        # Channex moves the start of such a range to today and applies the rest. We never send
        # older nights than yesterday's, when midnight passed on the way.
        return (run.first,)
    first, last = max(run.first, window[0]), min(run.last, window[1])
    return () if (first, last) == (run.first, run.last) else _nights(first, last)


def _window(echo: Mapping[str, Any]) -> tuple[date, date] | None:
    """The closed dates a warning echoes; `None` when it echoes none that can be read."""
    first = echo.get("date_from") or echo.get("date")
    last = echo.get("date_to") or echo.get("date")
    try:
        return day(first, "date_from"), day(last, "date_to")
    except Malformed:
        return None


def _nights(first: date, last: date) -> tuple[date, ...]:
    return tuple(first + timedelta(days=offset) for offset in range((last - first).days + 1))


def _verdicts(change: CalendarChange, refusals: Refusals, task: str | None, nothing_taken: bool) -> list[Verdict]:
    if not refusals and not nothing_taken:
        return [Verdict(change, VerdictKind.ACCEPTED, task_id=task)]
    whys = "; ".join(dict.fromkeys(why for why, _ in refusals)) or _NOTHING_TAKEN
    refused = {night for _, nights in refusals for night in nights}
    accepted = tuple(night for night in _nights(change.run.first, change.run.last) if night not in refused)
    if nothing_taken or not accepted or any(not nights for _, nights in refusals):
        return [Verdict(change, VerdictKind.WARNED, whys)]
    return [
        Verdict(change, VerdictKind.ACCEPTED, nights=accepted, task_id=task),
        Verdict(change, VerdictKind.WARNED, whys, nights=tuple(sorted(refused))),
    ]
