"""Guests in a real browser: merged and unmerged by keyboard-reachable forms, also without scripts."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.blueprints.test_guests import ana_twice
from tests.factories import alices_house
from tests.looks import both_looks, sideways, violations
from tests.people import sign_in_browser


def test_without_scripts_two_guests_become_one_and_two_again(fresh_database, redis, live_server, browser):
    house = alices_house()
    first, _ = ana_twice(house)
    page = browser.new_context(java_script_enabled=False).new_page()
    sign_in_browser(page.context, live_server, house.owner)

    page.goto(f"{live_server}/p/{house.property_id}/guests/{first}")
    page.get_by_role("link", name="Compare the two").click()
    page.get_by_role("radio", name="Faro").check()
    page.get_by_role("button", name="Make them one guest").click()
    expect(page.get_by_text("2 stays", exact=True)).to_be_visible()
    page.get_by_role("button", name="Make them two guests again").click()

    expect(page.get_by_text("These are two guests again.")).to_be_visible()
    page.get_by_role("link", name="Open the other guest").click()
    expect(page.get_by_text("Porto")).to_be_visible()
    page.context.close()


@both_looks
def test_the_guests_pages_are_clean_for_axe_and_fit_the_screen(
    fresh_database, redis, live_server, page: Page, size, scheme
):
    house = alices_house()
    first, second = ana_twice(house)
    sign_in_browser(page.context, live_server, house.owner)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)

    found = {}
    for path in (
        "",
        "?q=nobody",
        f"?q=ana+silva&same_as={first}",
        f"/{first}/contact",
        f"/{first}",
        f"/{first}/merge/{second}",
    ):
        page.goto(f"{live_server}/p/{house.property_id}/guests{path}")
        found[path] = (violations(page), sideways(page))
    page.get_by_role("button", name="Make them one guest").click()
    found["merged"] = (violations(page), sideways(page))

    assert {name: each for name, each in found.items() if each != ([], 0)} == {}
