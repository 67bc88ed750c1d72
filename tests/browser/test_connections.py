"""The connections page in a real browser: a full sync followed live, switches by keyboard, without scripts too."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests import wires
from tests.looks import both_looks, sideways, violations
from tests.people import sign_in_browser


@pytest.fixture
def wired(fresh_database, redis, sandbox) -> wires.Wired:
    return wires.wire(set_up=True)


def open_page(page: Page, live_server: str, wired: wires.Wired, path: str = "connections") -> None:
    sign_in_browser(page.context, live_server, wired.house.owner)
    page.goto(f"{live_server}{wired.url(path)}")


def test_alice_follows_a_full_sync_until_everything_is_accepted(wired, live_server: str, page: Page):
    open_page(page, live_server, wired)

    page.get_by_role("button", name="Full sync").click()
    expect(page.get_by_role("status").get_by_text("waits for a worker.")).to_be_visible()
    expect(page.get_by_role("list", name="Progress of the full sync")).to_be_visible()
    assert violations(page) == []

    wires.work(wired, "push")

    expect(page.get_by_role("status").get_by_text("all accepted")).to_be_visible(timeout=10_000)
    expect(page.locator("[hx-trigger^='every']")).to_have_count(0)
    page.get_by_role("status").get_by_role("link", name="Full sync").click()
    expect(page.get_by_text("POST /availability")).to_be_visible()


def test_a_test_of_the_connection_shows_its_result_by_itself(wired, live_server: str, page: Page):
    open_page(page, live_server, wired)

    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("a worker is asking the channel manager")).to_be_visible()
    wires.work(wired, "channels")

    expect(page.get_by_text("it answered, and accepts our key")).to_be_visible(timeout=10_000)


def test_a_switch_is_turned_by_keyboard_and_stays_under_the_finger(wired, live_server: str, page: Page):
    open_page(page, live_server, wired)
    send = page.get_by_role("switch", name="Send", exact=True)

    send.focus()
    page.keyboard.press("Enter")

    expect(send).to_have_attribute("aria-checked", "false")
    expect(send).to_be_focused()
    expect(page.get_by_text("“Send” is switched off.")).to_be_visible()
    expect(page.get_by_role("button", name="Full sync")).to_be_disabled()


def test_the_address_is_copied_with_a_click(wired, live_server: str, page: Page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server)
    open_page(page, live_server, wired)

    page.get_by_role("button", name="Copy the address").click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").endswith("/api/webhooks/channex")


def test_without_scripts_a_pause_and_a_resume_work_all_the_same(wired, live_server: str, browser):
    page = browser.new_context(java_script_enabled=False).new_page()
    open_page(page, live_server, wired)

    page.get_by_text("Pause…").click()
    page.get_by_label("Why").fill("Rebuilding the lobby")
    page.get_by_role("button", name="Pause Channex").click()
    expect(page.get_by_text("Rebuilding the lobby")).to_be_visible()
    page.get_by_role("button", name="Resume").click()

    expect(page.get_by_text("Pause…")).to_be_visible()
    page.context.close()


@both_looks
def test_the_card_is_clean_for_axe_and_fits_the_screen(
    wired, live_server: str, page: Page, scheme: str, size: dict[str, int]
):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    wires.price_nothing(wired, 7, 8)
    wires.work(wired, "push")
    open_page(page, live_server, wired)

    expect(page.get_by_text("Needs you").first).to_be_visible()
    assert (violations(page), sideways(page)) == ([], 0)
