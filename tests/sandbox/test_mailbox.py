"""The simulated mailbox: what was mailed can be read, clicked and kept over a restart."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage

import orjson

from sandbox.app import Sandbox
from sandbox.web import Request

AT = datetime(2031, 5, 1, 12, 0, tzinfo=UTC)


def arrive(sandbox, text, subject="Hello"):
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "rooms@example.test", "ana@example.test"
    message.set_content(text)
    return sandbox.mails.put(message.as_bytes(), ["ana@example.test"], AT)


def get(sandbox, path):
    return sandbox.handle(Request("GET", path))


def test_mails_are_listed_newest_first():
    sandbox = Sandbox()
    arrive(sandbox, "one", "First of them")
    arrive(sandbox, "two", "Second of them")

    page = get(sandbox, "/mailbox").body.decode()

    assert page.index("Second of them") < page.index("First of them")


def test_links_in_a_mail_can_be_clicked_and_nothing_else_in_it_does_anything():
    sandbox = Sandbox()
    mail = arrive(sandbox, "See http://127.0.0.1:8000/verify/abc <script>alert(1)</script>")

    page = get(sandbox, f"/mailbox/{mail.id}").body.decode()

    assert '<a href="http://127.0.0.1:8000/verify/abc">' in page
    assert "<script>" not in page


def test_a_mail_that_is_not_there_is_a_404():
    assert get(Sandbox(), "/mailbox/7").status == 404


def test_mails_survive_a_restart_of_the_sandbox_and_can_be_thrown_away():
    before, after = Sandbox(), Sandbox()
    arrive(before, "one")

    after.load(orjson.loads(before.dump()))
    kept = orjson.loads(get(after, "/_sim/mailbox").body)["mails"]
    after.handle(Request("DELETE", "/_sim/mailbox"))

    assert [each["text"].strip() for each in kept] == ["one"]
    assert after.mails.newest() == []
