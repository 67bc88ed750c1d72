"""The shell in a real browser: signing in under the strict policy, no violation of it, nothing axe complains of."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.factories import PASSWORD, alices_house, make_admin, make_property
from tests.people import sign_in_browser

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser's console has to say: refused scripts, missing files, errors."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def sideways(page: Page) -> int:
    """How many pixels the page itself scrolls to the side."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html'][:120]}" for each in found for node in each["nodes"]]


def test_alice_signs_in_goes_to_her_other_hotel_and_signs_out(
    fresh_database, redis, live_server: str, page: Page, complaints: list[str]
):
    alice = alices_house()
    make_property(alice.organization, "Seaview Porto")

    page.goto(f"{live_server}/")
    page.get_by_label("E-mail address").fill(alice.owner.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Seaview Porto").click()
    expect(page.locator(".switch-property")).to_have_text("Seaview Porto")

    page.locator(".switch summary").click()
    expect(page.get_by_label("Go to property")).to_be_focused()
    page.get_by_label("Go to property").fill("faro")
    expect(page.get_by_role("button", name="Seaview Porto")).to_have_count(0)
    page.get_by_role("button", name="Seaview Faro").click()
    expect(page.locator(".switch-property")).to_have_text("Seaview Faro")

    page.locator(".person summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_shells_pages_are_clean_for_axe_and_fit_the_screen(
    fresh_database, redis, live_server: str, page: Page, complaints: list[str], scheme: str, size: dict[str, int]
):
    alice, admin = alices_house(), make_admin()
    make_property(alice.organization, "Haus zum Donaudampfschifffahrtsgesellschaftskapitän")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)

    found = {}
    for who, paths in ((None, ["/sign-in", "/nowhere"]), (alice.owner, ["/me", "/switch", f"/p/{alice.property_id}/"]),
                       (admin, ["/admin/tenants"])):  # fmt: skip
        if who:
            sign_in_browser(page.context, live_server, who)
        for path in paths:
            page.goto(f"{live_server}{path}")
            found[path] = (violations(page), sideways(page))

    assert {path: problems for path, problems in found.items() if problems != ([], 0)} == {}
    assert [each for each in complaints if "404" not in each] == []


def test_a_refused_form_shows_what_is_wrong_and_puts_the_reader_there(
    fresh_database, redis, live_server: str, page: Page, complaints: list[str]
):
    alice = alices_house()
    sign_in_browser(page.context, live_server, alice.owner)
    page.goto(f"{live_server}/me")

    page.get_by_label("Password now").fill(PASSWORD)
    page.get_by_label("New password").fill("short")
    page.get_by_role("button", name="Change the password").click()

    expect(page.get_by_role("alert")).to_contain_text("Use at least 12 characters.")
    expect(page.get_by_role("alert")).to_be_focused()
    assert violations(page) == []
    assert [each for each in complaints if "422" not in each] == []


def test_without_scripts_signing_in_and_switching_work_all_the_same(fresh_database, redis, live_server: str, browser):
    alice = alices_house()
    make_property(alice.organization, "Seaview Porto")
    page = browser.new_context(java_script_enabled=False).new_page()

    page.goto(f"{live_server}/sign-in")
    page.fill("#email", alice.owner.email)
    page.fill("#password", PASSWORD)
    page.click("button")
    page.fill("#words", "porto")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("button", name="Seaview Porto").click()
    page.locator(".switch summary").click()

    expect(page.get_by_label("Go to property")).to_be_visible()
    page.context.close()
