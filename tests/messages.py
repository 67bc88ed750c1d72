"""The messages of the sources, found as translators find them: by the command in `babel.cfg`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_keywords

ROOT = Path(__file__).resolve().parents[1]
WALKED = {"templates", "portal"}


@cache
def extracted() -> frozenset[str]:
    """Every message; of one that is counted the singular."""
    asked = re.findall(r"-k (\S+)", (ROOT / "babel.cfg").read_text())
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), **parse_keywords(asked)}
    walk = extract_from_dir(
        ROOT, [("templates/**.html", "jinja2"), ("portal/**.py", "python")], keywords=keywords, directory_filter=_walked
    )
    return frozenset(message[2] if isinstance(message[2], str) else message[2][0] for message in walk)


def _walked(folder: str) -> bool:
    return bool(WALKED & set(Path(folder).relative_to(ROOT).parts))
