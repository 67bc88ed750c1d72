"""The mailbox as pages: newest first, one mail each, links that can be clicked."""

from __future__ import annotations

import re
from dataclasses import asdict

from markupsafe import Markup, escape

from sandbox.channex.frame import TEMPLATES
from sandbox.mailbox.store import Store
from sandbox.web import Request, Response, Router, answer, page, see_other

LINK = re.compile(r"https?://[^\s<>\"]+")


class Mailbox:
    """The pages under /mailbox and the controls under /_sim/mailbox."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def routes(self, router: Router) -> None:
        """Add the pages and the controls."""
        router.add("GET", "/mailbox", self.list)
        router.add("GET", "/mailbox/<id>", self.show)
        router.add("POST", "/mailbox", self.empty)
        router.add("GET", "/_sim/mailbox", lambda request: self._mails())
        router.add("DELETE", "/_sim/mailbox", self.forget)

    def list(self, request: Request) -> Response:
        """Every mail, newest first."""
        return page(TEMPLATES.get_template("mailbox.html").render(mails=self.store.newest()))

    def show(self, request: Request) -> Response:
        """One mail, as text."""
        mail = self.store.find(request.params["id"])
        if mail is None:
            return answer({"error": "there is no such mail"}, 404)
        return page(TEMPLATES.get_template("mail.html").render(mail=mail, text=clickable(mail.text)))

    def empty(self, request: Request) -> Response:
        """The button that empties the mailbox."""
        self.store.clear()
        return see_other("/mailbox")

    def forget(self, request: Request) -> Response:
        self.store.clear()
        return answer({"status": "empty"})

    def _mails(self) -> Response:
        return answer({"mails": [asdict(each) for each in self.store.newest()]})


def clickable(text: str) -> Markup:
    """The text with its links; everything else stays text."""
    parts, at = [], 0
    for found in LINK.finditer(text):
        parts.append(escape(text[at : found.start()]))
        parts.append(Markup('<a href="{0}">{0}</a>').format(found.group()))
        at = found.end()
    parts.append(escape(text[at:]))
    return Markup("").join(parts)
