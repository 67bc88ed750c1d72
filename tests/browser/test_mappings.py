"""The mapping page in a real browser: by keyboard, without scripts, on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from portal.extensions import db
from portal.services import connectors, mapping_drafts, remote_products
from tests import factories, wires
from tests.looks import WIDE, both_looks, sideways, violations
from tests.people import sign_in_browser
from tests.services.mapped import Details

# Ours, theirs, and the plans of each: five room types and nine plans make fourteen products a side.
ROOMS = (
    ("Doppelzimmer Süd", "doppelzimmer  SUED", ("Flexible", "Non-refundable")),
    ("Suite Ocean View", "Ocean View Suite", ("Flexible", "Half board")),
    ("Family Room", "FAMILY ROOM", ("Flexible", "Weekly")),
    ("ツインルーム", "ツイン ルーム", ("Flexible", "Early bird")),
    ("Einzelzimmer mit Gartenblick und Frühstücksterrasse", "Einzelzimmer mit Gartenblick und Fruehstuecksterrasse",
     ("Flexible",)),
)  # fmt: skip


@pytest.fixture
def wired(fresh_database, redis, sandbox) -> wires.Wired:
    """A connected hotel that has made fourteen products of its own, as somebody did at Channex, in other spellings."""
    wired = wires.wire(set_up=True)
    with wires.inside(wired) as connection:
        connector = connectors.line_for(connection).connector
        external = connection.external_property_id or ""
        db.session.commit()
        for number, (ours, theirs, plans) in enumerate(ROOMS):
            room_type = factories.make_room_type(wired.house.property, ours, [f"{number}1"])
            code = connector.create_room_type(external, Details(theirs), 1)
            for plan in plans:
                factories.make_rate_plan(room_type, plan)
                connector.create_rate_plan(external, code, plan.lower(), "EUR", 2, None)
        remote_products.wish(connection)
        assert remote_products.run(connection.id)
    return wired


def open_page(page: Page, live_server: str, wired: wires.Wired) -> None:
    sign_in_browser(page.context, live_server, wires.alice(wired))
    page.goto(live_server + wired.card("mapping"))


def drafted(wired: wires.Wired) -> int:
    with wires.inside(wired) as connection:
        return len(mapping_drafts.read(connection).wanted.pairs)


def test_fourteen_products_a_side_are_suggested_and_accepted_by_keyboard(wired, live_server: str, page: Page):
    page.set_viewport_size(WIDE)
    open_page(page, live_server, wired)
    expect(page.locator("button[data-accept]")).to_have_count(14)

    page.locator("tr[data-line][tabindex='0']").focus()
    for _ in range(14):
        page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    expect(page.locator("tr[data-line]").nth(-2)).to_be_focused()
    assert drafted(wired) == 0  # nothing is kept before it is saved
    page.get_by_role("button", name="Save draft").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_text("14 changes are not live yet.")).to_be_visible()
    assert drafted(wired) == 14
    page.get_by_role("link", name="Review and apply").click()
    expect(page.get_by_text("14 calendars")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Apply at Channex").click()
    expect(page.get_by_role("button", name="Undo: bring back the mapping before it")).to_be_visible()
    assert violations(page) == []


def test_without_scripts_a_suggestion_is_accepted_by_its_button_with_its_room_type(wired, live_server: str, browser):
    page = browser.new_context(java_script_enabled=False).new_page()
    open_page(page, live_server, wired)

    page.get_by_role("button", name="Accept for “Weekly”").click()

    expect(page.get_by_text("2 changes are not live yet.")).to_be_visible()
    assert drafted(wired) == 2
    page.context.close()


@both_looks
def test_the_page_is_clean_for_axe_and_fits_the_screen(wired, live_server: str, page: Page, size, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    open_page(page, live_server, wired)

    expect(page.get_by_text("14 products there are undecided.")).to_be_visible()
    assert (violations(page), sideways(page)) == ([], 0)
