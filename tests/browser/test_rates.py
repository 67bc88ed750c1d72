"""The grid of nights in a real browser: by keyboard, in a panel, without scripts; a proof fills while one looks."""

from __future__ import annotations

from decimal import Decimal

from playwright.sync_api import Page, expect

from portal.services import properties, rates
from tests.looks import both_looks, sideways, violations
from tests.people import sign_in_browser
from tests.wires import alice, inside, wire, work


def open_grid(page: Page, live_server: str, wired, nights: int = 14) -> None:
    sign_in_browser(page.context, live_server, alice(wired))
    page.goto(live_server + wired.url(f"rates?nights={nights}"))


def focused(page: Page) -> str:
    """The address of the cell that has the focus."""
    return str(page.evaluate("document.activeElement.getAttribute('href') || ''"))


def test_the_arrow_keys_walk_the_grid_and_enter_opens_the_night(fresh_database, redis, live_server, page: Page):
    wired = wire()
    open_grid(page, live_server, wired)
    grid = page.get_by_role("grid")

    grid.locator("td a").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    second_night = grid.locator("tbody tr").nth(1).locator("td").nth(1).locator("a")
    expect(second_night).to_be_focused()
    page.keyboard.press("End")
    assert focused(page) == grid.locator("tbody tr").nth(1).locator("td a").last.get_attribute("href")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")

    panel = page.get_by_role("dialog")
    expect(panel.get_by_role("heading", name="Double · Flexible")).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(grid.locator("tbody tr").nth(1).locator("td a").first).to_be_focused()
    assert grid.locator('td a[tabindex="0"]').count() == 1


def test_a_price_fills_its_proof_while_one_looks(fresh_database, redis, sandbox, live_server, page: Page):
    wired = wire(set_up=True)
    with inside(wired):
        tonight = properties.today(properties.find(wired.house.property_id))
        edit = rates.DayEdit(wired.plan, [tonight], {"rate": Decimal(155)})
        rates.set_days(wired.house.property_id, [edit])
    open_grid(page, live_server, wired)

    page.get_by_role("grid").locator("tbody tr").nth(1).locator("td a").first.click()
    panel = page.get_by_role("dialog")
    expect(panel).to_contain_text("On its way")
    expect(panel).to_contain_text("The OTAs still sell: EUR 100.00")
    assert violations(page) == []
    work(wired, "push")

    expect(panel).not_to_contain_text("On its way", timeout=10_000)
    expect(panel.locator(".proof-step.is-done")).to_have_count(3)
    expect(panel.locator("#night-live")).not_to_have_attribute("hx-get", "")
    assert panel.locator("#night-live").get_attribute("hx-trigger") is None


def test_without_scripts_a_cell_leads_to_the_page_of_its_night(fresh_database, redis, live_server, browser):
    wired = wire()
    page = browser.new_context(java_script_enabled=False).new_page()
    open_grid(page, live_server, wired)

    page.get_by_label("From night").fill("2031-05-12")
    page.get_by_role("button", name="Go").click()
    page.get_by_role("grid").locator("tbody tr").nth(1).locator("td a").first.click()

    expect(page.get_by_role("heading", name="Double · Flexible, Mon 12 May 2031")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Prices & rooms").click()
    expect(page.get_by_label("From night")).to_have_value("2031-05-12")
    page.context.close()


@both_looks
def test_the_grid_and_the_trace_are_clean_for_axe_and_fit_the_screen(
    fresh_database, redis, live_server, page: Page, scheme, size
):
    wired = wire()
    with inside(wired):
        tonight = properties.today(properties.find(wired.house.property_id))
        said = {"min_stay_through": 2, "stop_sell": True}
        rates.set_days(wired.house.property_id, [rates.DayEdit(wired.plan, [tonight], said)])
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)

    open_grid(page, live_server, wired, 30)
    found = {"grid": (violations(page), sideways(page))}
    for row in (0, 1):
        page.goto(live_server + wired.url("rates"))
        page.goto(live_server + page.locator("tbody tr").nth(row).locator("td a").first.get_attribute("href"))
        found[f"trace of row {row}"] = (violations(page), sideways(page))
    page.goto(live_server + wired.url("rates?nights=900"))
    found["refused"] = (violations(page), sideways(page))

    assert {name: each for name, each in found.items() if each != ([], 0)} == {}


def test_a_price_typed_into_the_panel_is_saved_and_proved_while_one_looks(
    fresh_database, redis, sandbox, live_server, page: Page
):
    wired = wire(set_up=True)
    open_grid(page, live_server, wired)
    cell = page.get_by_role("grid").locator("tbody tr").nth(1).locator("td a").nth(2)

    cell.focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog")
    expect(panel.get_by_label("Price (EUR)")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("9")
    page.keyboard.press("Enter")
    expect(panel.get_by_text("Look twice: nothing was saved yet.")).to_be_visible()
    assert violations(page) == []
    panel.get_by_label("Price (EUR)").fill("133.50")
    panel.get_by_role("button", name="Save all the same").click()
    expect(panel.get_by_text("Saved.")).to_be_visible()
    expect(cell).to_contain_text("133.50")
    panel.get_by_label("Price (EUR)").fill("still typing")
    work(wired, "push")

    expect(panel.locator(".proof-step.is-done")).to_have_count(3, timeout=10_000)
    expect(panel.get_by_label("Price (EUR)")).to_have_value("still typing")
    page.keyboard.press("Escape")
    expect(cell).to_be_focused()
