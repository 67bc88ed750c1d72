"""The property this morning in a real browser: quiet, on fire, and a problem that somebody solves."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from portal.domain.problems import Trouble
from tests.blueprints.test_overview import open_incident, sell, store_unplaced, today_at
from tests.looks import both_looks, sideways, violations
from tests.people import sign_in_browser
from tests.wires import alice, wire


def test_a_problem_is_marked_as_solved_on_the_spot(fresh_database, redis, live_server, page: Page):
    wired = wire()
    open_incident(wired.house, reason="it took longer than 20 s")
    sign_in_browser(page.context, live_server, alice(wired))
    page.goto(live_server + wired.url(""))

    page.get_by_role("button", name="Mark as solved").click()

    expect(page.get_by_text("Marked as solved.").first).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Open problems")).to_have_count(0)


def test_the_next_click_of_a_stay_without_a_room_leads_to_it(fresh_database, redis, live_server, page: Page):
    wired = wire()
    store_unplaced(wired.house, wired.double, today_at(wired.house), code="4400112233")
    sign_in_browser(page.context, live_server, alice(wired))
    page.goto(live_server + wired.url(""))

    page.get_by_role("link", name="Open the reservation").click()

    expect(page.get_by_role("heading", name="No room yet")).to_be_visible()


@both_looks
def test_the_overview_is_clean_for_axe_and_fits_the_screen_quiet_and_on_fire(
    fresh_database, redis, live_server, page: Page, scheme, size
):
    wired = wire()
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    sign_in_browser(page.context, live_server, alice(wired))
    page.goto(live_server + wired.url(""))
    quiet = (violations(page), sideways(page))

    sell(wired.house, wired.double, today_at(wired.house), guest="Donaudampfschifffahrtsgesellschaftskapitän Maier")
    store_unplaced(wired.house, wired.double, today_at(wired.house))
    for trouble in (Trouble.PROVIDER_AWAY, Trouble.OTA_SYNC_ERROR, Trouble.CREDENTIAL_REFUSED):
        open_incident(wired.house, trouble, reason="https://channex.example/" + "x" * 120)
    page.reload()
    on_fire = (violations(page), sideways(page))

    assert (quiet, on_fire) == (([], 0), ([], 0))
