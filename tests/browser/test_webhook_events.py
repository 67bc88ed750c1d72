"""Webhook events in a real browser: a booking arrives while somebody looks, and is read again."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests import wires
from tests.looks import both_looks, sideways, violations
from tests.people import sign_in_browser


@pytest.fixture
def wired(fresh_database, redis, sandbox) -> wires.Wired:
    sandbox.control("POST", "switches", json={"webhooks_paused": True})
    return wires.wire(set_up=True)


def test_alice_sees_what_a_delivery_did_and_reads_it_again(wired, sandbox, live_server: str, page: Page):
    event_id = wires.deliver(wired, wires.book(wired, sandbox))
    sign_in_browser(page.context, live_server, wired.house.owner)
    page.goto(f"{live_server}{wired.url(f'webhooks/{event_id}')}")

    expect(page.get_by_text("Waits to be read").first).to_be_visible()
    wires.work(wired, "drain")
    expect(page.get_by_text("Made a reservation").first).to_be_visible(timeout=10_000)
    expect(page.get_by_text("Nothing will change")).to_be_visible()
    page.get_by_role("button", name="Read this delivery again").click()
    expect(page.get_by_text("It waits already")).to_be_visible()
    wires.work(wired, "drain")

    expect(page.get_by_text("Made a reservation").first).to_be_visible(timeout=10_000)


@both_looks
def test_the_deliveries_and_one_of_them_are_clean_for_axe_and_fit_the_screen(
    wired, sandbox, live_server: str, page: Page, scheme: str, size: dict[str, int]
):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    wires.deliver(wired, b"no JSON at all")
    event_id = wires.deliver(wired, wires.book(wired, sandbox))
    wires.work(wired, "drain")
    sign_in_browser(page.context, live_server, wired.house.owner)

    found = {}
    for path in ("webhooks", f"webhooks/{event_id}"):
        page.goto(f"{live_server}{wired.url(path)}")
        expect(page.get_by_text("Made a reservation").first).to_be_visible()
        found[path] = (violations(page), sideways(page))

    assert {name: problems for name, problems in found.items() if problems != ([], 0)} == {}
