"""The sync history in a real browser: from the list to a refused night and back on its way."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests import wires
from tests.looks import both_looks, sideways, violations
from tests.people import sign_in_browser


@pytest.fixture
def wired(fresh_database, redis, sandbox) -> wires.Wired:
    """Alice's house with two nights that Channex refuses."""
    wired = wires.wire(set_up=True)
    wires.price_nothing(wired, 7, 8)
    wires.work(wired, "push")
    return wired


def test_alice_finds_the_refused_nights_and_sends_them_again(wired, live_server: str, page: Page):
    sign_in_browser(page.context, live_server, wired.house.owner)
    page.goto(f"{live_server}{wired.url('history')}")

    page.get_by_label("State").select_option("Failed")
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("link", name="2 nights of Double").click()
    expect(page.get_by_text("The OTAs still sell these nights")).to_be_visible()
    page.get_by_role("button", name="Send 2 nights again").click()

    expect(page.get_by_role("heading", name="Sync history")).to_be_visible()
    wires.work(wired, "push")
    page.reload()
    expect(page.get_by_role("link", name="2 nights of Double")).to_have_count(2)


@both_looks
def test_the_history_and_a_run_are_clean_for_axe_and_fit_the_screen(
    wired, live_server: str, page: Page, scheme: str, size: dict[str, int]
):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    sign_in_browser(page.context, live_server, wired.house.owner)

    page.goto(f"{live_server}{wired.url('history')}")
    found = {"list": (violations(page), sideways(page))}
    page.get_by_role("link", name="2 nights of Double").click()
    page.locator("details.call summary").first.click()
    expect(page.get_by_role("heading", name="We said").first).to_be_visible()
    found["run"] = (violations(page), sideways(page))

    assert {name: problems for name, problems in found.items() if problems != ([], 0)} == {}
