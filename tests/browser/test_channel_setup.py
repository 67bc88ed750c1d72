"""Connecting an OTA in a real browser: noticed by itself, connected with one click; a colleague by a magic link."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests import extranet, wires
from tests.looks import PHONE, WIDE, sideways, violations
from tests.people import sign_in_browser


@pytest.fixture
def wired(fresh_database, redis, sandbox) -> wires.Wired:
    wired = wires.wire(set_up=True)
    with wires.inside(wired) as connection:
        extranet.ota(sandbox, "BDC", accepted=False, mirror=connection.external_property_id)
    return wired


def test_a_colleague_does_the_step_and_alice_connects_with_one_click(
    wired, live_server: str, page: Page, browser, sandbox
):
    sign_in_browser(page.context, live_server, wired.house.owner)
    page.goto(f"{live_server}{wired.url('channels/BDC/connect')}")
    page.get_by_role("button", name="Make a link").click()
    link = page.locator("#invitation").inner_text()

    colleague = browser.new_context().new_page()
    colleague.goto(link)
    colleague.get_by_role("button", name="Open the step").click()
    colleague.get_by_label("Hotel ID at Booking.com").fill(extranet.HOTEL)
    colleague.get_by_role("button", name="Save and try").click()
    expect(colleague.get_by_text("Waiting for the OTA")).to_be_visible()
    for size in (WIDE, PHONE):
        colleague.set_viewport_size(size)
        assert (violations(colleague), sideways(colleague)) == ([], 0)

    extranet.turn(wired.house.organization_id, wired.connection_id)
    page.goto(f"{live_server}{wired.url('channels/BDC/connect')}")
    expect(page.get_by_text("does not let Channex in")).to_be_visible()
    extranet.ota(sandbox, "BDC", accepted=True)
    extranet.turn(wired.house.organization_id, wired.connection_id)

    expect(colleague.get_by_text("Your part is done")).to_be_visible(timeout=15_000)
    page.get_by_role("button", name="Connect 1 rate of Booking.com").click(timeout=15_000)
    extranet.turn(wired.house.organization_id, wired.connection_id)
    expect(page.get_by_text("It takes your prices and rooms from here.")).to_be_visible(timeout=15_000)
    colleague.context.close()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_pages_are_clean_for_axe_and_fit_the_screen(wired, live_server: str, page: Page, sandbox, size):
    sign_in_browser(page.context, live_server, wired.house.owner)
    page.set_viewport_size(size)
    extranet.ota(sandbox, "EXP")
    page.goto(f"{live_server}{wired.url('channels/EXP/connect')}")
    page.get_by_label("Hotel ID at Expedia").fill(extranet.HOTEL)
    page.get_by_role("button", name="Save and try").click()
    extranet.turn(wired.house.organization_id, wired.connection_id)

    for path in ("channels/EXP/connect", "connections", "channels/settings"):
        page.goto(f"{live_server}{wired.url(path)}")
        assert (violations(page), sideways(page)) == ([], 0), path


def test_without_scripts_an_ota_is_connected_all_the_same(wired, live_server: str, browser, sandbox):
    page = browser.new_context(java_script_enabled=False).new_page()
    sign_in_browser(page.context, live_server, wired.house.owner)
    extranet.ota(sandbox, "BDC", accepted=True)
    page.goto(f"{live_server}{wired.url('channels/BDC/connect')}")

    page.get_by_label("Hotel ID at Booking.com").fill(extranet.HOTEL)
    page.get_by_role("button", name="Save and try").click()
    extranet.turn(wired.house.organization_id, wired.connection_id)
    page.reload()
    page.get_by_role("button", name="Connect 1 rate of Booking.com").click()
    extranet.turn(wired.house.organization_id, wired.connection_id)
    page.reload()

    expect(page.get_by_text("It takes your prices and rooms from here.")).to_be_visible()
    page.context.close()
