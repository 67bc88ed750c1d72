"""Connecting Beds24 in a real browser: the page goes on by itself when a worker has done its step."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal import tenancy
from portal.extensions import db
from portal.models import Connection
from portal.services import provision
from tests import factories
from tests.looks import PHONE, sideways, violations
from tests.people import sign_in_browser
from tests.services import beds


def _work(house: factories.House) -> None:
    with tenancy.of(house.organization_id):
        (connection_id,) = db.session.scalars(select(Connection.id)).all()
        db.session.commit()
        provision.run(connection_id)
        db.session.commit()
        db.session.expire_all()


def test_alice_pastes_a_code_and_is_led_to_the_mapping(fresh_database, redis, sandbox, live_server: str, page: Page):
    house = factories.alices_house()
    factories.make_rate_plan(factories.make_room_type(house.property))
    with tenancy.of(house.organization_id):
        code = beds.build_there(sandbox, house.property)["code"]
    sign_in_browser(page.context, live_server, house.owner)
    page.set_viewport_size(PHONE)
    page.goto(f"{live_server}/p/{house.property_id}/connect/beds24")
    assert violations(page) == []

    page.get_by_role("textbox", name="Code").fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("A worker is exchanging the code")).to_be_visible()
    _work(house)

    expect(page.get_by_role("heading", name="Choose the property")).to_be_visible(timeout=10_000)
    expect(page.locator("[hx-trigger^='every']")).to_have_count(0)
    assert violations(page) == []
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="This one").click()
    _work(house)
    expect(page.get_by_role("link", name="Map rooms and prices")).to_be_visible()
    page.reload()
    expect(page.get_by_text("all that are needed")).to_be_visible()
    assert violations(page) == []
    assert sideways(page) <= 0
    page.get_by_role("link", name="Map rooms and prices").click()
    expect(page.get_by_role("heading", name="Mapping with Beds24")).to_be_visible()
