"""A language nobody speaks: every sentence that went through gettext comes back as ⟦Ŝéñţéñçé⟧.

`untranslated(html, known)` returns the words on a page that did not. Data (names of hotels, codes) are passed as
`known` or stand in an element with `translate="no"`; dates and money are Babel's and pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from gettext import NullTranslations
from html.parser import HTMLParser

from babel import Locale
from babel.numbers import list_currencies

LETTERS = str.maketrans("aceginorstuyzACEGINORSTUYZ", "áçéĝíñóŕšţúýžÁÇÉĜÍÑÓŔŠŢÚÝŽ")
# %(name)s, {name}, &amp; and tags stay as they are.
KEPT = re.compile(r"%\(\w+\)[a-z]|%%|\{\w*\}|&\w+;|<[^>]+>")
WORD = re.compile(r"[^\W\d_]{2,}")
SHOWN = {"title", "placeholder", "aria-label", "alt", "data-label", "aria-description"}
SKIPPED = {"script", "style", "time", "code", "pre", "kbd"}
EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
EVERYWHERE = {"Roomwire", "Booking", "com", "Channex", "Airbnb", "Expedia", "Agoda", "Vrbo", "UTC", "http", "https"}


def pseudo(message: str) -> str:
    parts, last = [], 0
    for match in KEPT.finditer(message):
        parts += [message[last : match.start()].translate(LETTERS), match.group()]
        last = match.end()
    return "⟦" + "".join(parts) + message[last:].translate(LETTERS) + "⟧"


class Pseudo(NullTranslations):
    """Stands in for a loaded catalogue."""

    def gettext(self, message: str) -> str:
        return pseudo(message)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return pseudo(singular if n == 1 else plural)

    def pgettext(self, context: str, message: str) -> str:
        return pseudo(message)

    def npgettext(self, context: str, singular: str, plural: str, n: int) -> str:
        return pseudo(singular if n == 1 else plural)

    ugettext, ungettext, upgettext, unpgettext = gettext, ngettext, pgettext, npgettext


class _Words(HTMLParser):
    """Gathers what a person reads, or hears, on a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._open: list[tuple[str, bool]] = []

    @property
    def _silent(self) -> bool:
        return any(silent for _, silent in self._open)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        silent = tag in SKIPPED or given.get("translate") == "no"
        if not silent and not self._silent:
            self.said += [value for name, value in given.items() if name in SHOWN and value]
            if tag == "input" and given.get("type") in ("submit", "button", "reset"):
                self.said.append(given.get("value") or "")
        if tag not in EMPTY:
            self._open.append((tag, silent))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            continue

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(data)


def untranslated(html: str, known: Iterable[str] = ()) -> list[str]:
    """The words that stand on the page in no language but ours."""
    page = _Words()
    page.feed(html)
    names = sorted((each for each in known if each), key=len, reverse=True)
    english = Locale("en")
    calendar = {
        name
        for words in (*english.months["format"].values(), *english.days["format"].values())
        for name in words.values()
    }
    free = EVERYWHERE | calendar | set(list_currencies())
    found = []
    for said in page.said:
        for name in names:
            said = said.replace(name, " ")
        found += [word for word in WORD.findall(_outside(said)) if word not in free]
    return found


def _outside(said: str) -> str:
    """What is left without the translated sentences, which may hold one another."""
    depth, kept = 0, []
    for letter in said:
        depth += letter == "⟦"
        if depth == 0:
            kept.append(letter)
        depth -= letter == "⟧"
    return "".join(kept)
