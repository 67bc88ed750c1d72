"""Read JSON from outside without believing it.

Python's own reader takes NaN, the last of two equal keys, numbers of any size and any depth that
fits the stack; each of these later breaks a column, a rule or a worker. Fractions are kept as the
text they were written in, so that money never passes through a float.
"""

from __future__ import annotations

import json
import re
from typing import Any

from providers.errors import Malformed

DEEPEST = 60
LONGEST_INTEGER = 30
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def loads(raw: bytes) -> Any:
    """Return the value of a JSON text, or raise `Malformed`: for messages that will be believed."""
    try:
        value = json.loads(
            raw.decode("utf-8"),
            parse_constant=_refuse_constant,
            parse_int=_strict_integer,
            parse_float=str,
            object_pairs_hook=_unique,
        )
    except RecursionError:
        raise Malformed("the message is nested too deeply") from None
    except UnicodeDecodeError:
        raise Malformed("the message is not UTF-8 text") from None
    except ValueError as error:
        raise Malformed(f"the message is not JSON: {_short(error)}") from None
    if deeper_than(value, DEEPEST):
        raise Malformed(f"the message is nested more than {DEEPEST} levels deep")
    return value


def loads_page(raw: bytes) -> Any:
    """Return the value of an answer that may hold many messages.

    A number no ledger could hold is kept as text here: one bad booking must not hide the page it
    came on. `loads` refuses it when that booking is read by itself.
    """
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=str, parse_int=_lenient_integer, parse_float=str)
    except RecursionError:
        raise Malformed("the answer is nested too deeply") from None
    except ValueError as error:
        raise Malformed(f"the answer is not JSON: {_short(error)}") from None


def dumps(value: Any) -> bytes:
    """Return compact ASCII JSON: lone surrogates stay escapes, so the bytes can always be stored."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")


def clean_text(text: str) -> str:
    """Return the text as a database and a page can hold it: no NUL or control character, no half character."""
    return _SURROGATE.sub("\ufffd", _CONTROL.sub("", text))


def clean(value: Any, depth: int = 20) -> Any:
    """Return a copy of a JSON value with clean text in it, cut below `depth` levels."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(str(key)): clean(item, depth - 1) for key, item in value.items()} if depth else None
    if isinstance(value, list):
        return [clean(item, depth - 1) for item in value] if depth else None
    return value


def deeper_than(value: Any, limit: int) -> bool:
    """True when the value nests more than `limit` levels, found without recursion."""
    level = [value]
    for _ in range(limit + 1):
        level = [child for item in level for child in _children(item)]
        if not level:
            return False
    return True


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [item for item in value.values() if isinstance(item, dict | list)]
    if isinstance(value, list):
        return [item for item in value if isinstance(item, dict | list)]
    return []


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def _strict_integer(digits: str) -> int:
    if len(digits) > LONGEST_INTEGER:
        raise ValueError(f"a number of {len(digits)} digits")
    return int(digits)


def _lenient_integer(digits: str) -> int | str:
    return digits if len(digits) > LONGEST_INTEGER else int(digits)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice[:60]!r} occurs twice")
    return found


def _short(error: Exception) -> str:
    return clean_text(str(error))[:200]
