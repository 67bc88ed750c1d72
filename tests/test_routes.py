"""Rules for every route there is: who may see it, what a stranger gets, what reading changes."""

from __future__ import annotations

import re
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from portal.models import Role
from portal.services import access
from tests.factories import alices_house, charlies_house, make_bob
from tests.pages import address, guard, plain_pages, rules
from tests.people import sign_in

READ, WRITE = "GET", "POST"
# What is about a property, or about an organization: nobody else's.
OF_A_TENANT = ("allowed", "allowed_in_organization")
WRITES = re.compile(r"\s*(insert|update|delete|truncate|merge)\b", re.IGNORECASE)
# What nobody has to sign in for. A new one is added here by hand, and with a reason at the route.
OPEN = {
    "static", "vendor.file", "health.live", "health.ready", "health.figures", "auth.sign_in", "auth.check_sign_in",
    "switch.theme", "sign_up.start", "sign_up.found", "sign_up.sent", "recovery.ask", "recovery.send", "recovery.sent",
    "recovery.choose", "recovery.change", "verification.look", "verification.confirm", "verification.done",
    "invitations.look", "invitations.join", "second_step.ask", "second_step.check",
    "webhooks.health", "webhooks.connection_health", "webhooks.receive_global", "webhooks.receive",
    "guest.look", "guest.accept", "guest.index", "guest.status", "guest.account", "guest.done",
    "guest.consent", "guest.back",
    "webhooks.receive_integration",
}  # fmt: skip

# Pages that are about what their query names, and about nothing without it.
NEEDS_A_QUESTION = ("/rates/trace",)


@pytest.fixture(autouse=True)
def counters(redis):
    """Denials and sign-ins of other tests are forgotten."""
    return redis


@contextmanager
def writes():
    """The statements that change something while the block runs."""
    found = []

    def note(connection, cursor, statement, *rest):
        if WRITES.match(statement):
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def of_a_tenant(app, method):
    return [rule for kind in OF_A_TENANT for rule in rules(app, method, kind)]


def there(app, rule, house):
    """The route at this house."""
    return address(app, rule, house.property_id, house.organization_id)


def send(client, method, url):
    return client.open(url, method=method, data={} if method == WRITE else None)


def test_every_route_says_who_may_see_it(app):
    kinds = {rule.endpoint: guard(app, rule).kind for method in (READ, WRITE) for rule in rules(app, method)}

    assert {endpoint for endpoint, kind in kinds.items() if kind == "open"} == OPEN
    assert all(guard(app, rule).detail for rule in rules(app, READ, "open"))


def test_every_route_answers_one_method_that_reads_or_one_that_changes(app):
    for rule in app.url_map.iter_rules():
        assert set(rule.methods or ()) - {"HEAD", "OPTIONS"} in ({READ}, {WRITE}), rule


def test_a_route_of_a_property_asks_for_a_permission(app):
    for method in (READ, WRITE):
        for rule in rules(app, method):
            if "property_id" in rule.arguments:
                assert guard(app, rule).kind == "allowed", rule
                assert rule.rule.startswith("/p/<uuid:property_id>/"), rule


def test_a_route_of_an_organization_asks_for_a_permission(app):
    for method in (READ, WRITE):
        for rule in rules(app, method):
            if "organization_id" in rule.arguments:
                assert guard(app, rule).kind == "allowed_in_organization", rule
                assert rule.rule.startswith("/o/<uuid:organization_id>/"), rule


def test_what_changes_something_is_not_open_to_who_may_only_look(app):
    looking = access.PERMISSIONS[Role.VIEWER]
    for rule in rules(app, WRITE, "allowed"):
        assert guard(app, rule).detail not in looking, rule


def test_who_is_not_signed_in_is_sent_to_the_sign_in_page(client, app, db):
    house = alices_house()
    for method in (READ, WRITE):
        for rule in rules(app, method):
            if guard(app, rule).kind == "open":
                continue
            answer = send(client, method, there(app, rule, house))
            assert answer.status_code == 303 and answer.location.startswith("/sign-in"), rule


def test_charlie_gets_for_alices_property_what_he_gets_for_none(client, app, db):
    alice, charlie = alices_house(), charlies_house()
    sign_in(client, charlie.owner).get("/me")  # from here on he has all his cookies
    for method in (READ, WRITE):
        for rule in of_a_tenant(app, method):
            hers = send(client, method, there(app, rule, alice))
            nobodys = send(client, method, address(app, rule))

            assert hers.status_code == nobodys.status_code == 404, rule
            assert hers.data == nobodys.data, rule
            assert {**hers.headers} == {**nobodys.headers}, rule


def test_a_fragment_tells_charlie_no_more_than_a_page(client, app, db):
    alice, charlie = alices_house(), charlies_house()
    sign_in(client, charlie.owner)
    for rule in of_a_tenant(app, READ):
        answer = client.get(there(app, rule, alice), headers={"HX-Request": "true"})
        assert answer.status_code == 404, rule
        assert "<html" not in answer.text and "Seaview" not in answer.text, rule


def test_what_is_not_there_is_a_404_for_alice_too(client, app, db):
    alice = alices_house()
    sign_in(client, alice.owner)
    hers = (f"/p/{alice.property_id}/", f"/o/{alice.organization_id}/")
    for rule in of_a_tenant(app, READ):
        if rule.arguments - {"property_id", "organization_id"}:
            fragment = client.get(there(app, rule, alice), headers={"HX-Request": "true"})
            page = client.get(there(app, rule, alice))
            assert fragment.status_code == 404, rule
            # A fragment that is opened as a page leads to the page it belongs to.
            assert page.status_code == 404 or page.location.startswith(hers), rule


def test_a_viewer_changes_nothing_whatever_address_is_tried(client, app, db):
    alice = alices_house()
    sign_in(client, make_bob(alice, Role.VIEWER))
    for rule in of_a_tenant(app, WRITE):
        assert send(client, WRITE, there(app, rule, alice)).status_code == 403, rule


def test_what_concerns_the_whole_organization_is_not_for_staff(client, app, db):
    alice = alices_house()
    sign_in(client, make_bob(alice, Role.STAFF))
    for method in (READ, WRITE):
        for rule in rules(app, method, "allowed_in_organization"):
            assert send(client, method, there(app, rule, alice)).status_code == 403, rule


def test_nobody_but_the_platforms_people_calls_what_is_theirs(client, app, db):
    alice = alices_house()
    for who in (alice.owner, make_bob(alice, Role.VIEWER)):
        sign_in(client, who)
        for method in (READ, WRITE):
            for rule in rules(app, method, "platform_admin"):
                assert send(client, method, address(app, rule)).status_code == 403, rule


def test_alice_sees_her_pages_and_reading_them_changes_nothing(client, app, db):
    alice = alices_house()
    sign_in(client, alice.owner)
    pages = [url for url in plain_pages(app, alice.property_id, alice.organization_id) if not url.startswith("/admin")]

    with writes() as found:
        answers = {url: client.get(url).status_code for url in pages}

    assert found == []
    assert {url: status for url, status in answers.items() if status not in (200, 303)} == {
        url: 404 for url in pages if url.endswith(NEEDS_A_QUESTION)
    }
    assert len(answers) > 2


def test_a_machine_gets_its_errors_as_json(client, db):
    for url in ("/api/no-such-thing", "/webhooks/x/y", "/health/no-such-thing"):
        answer = client.get(url)
        assert answer.status_code == 404
        assert answer.is_json and set(answer.json) == {"error"}
