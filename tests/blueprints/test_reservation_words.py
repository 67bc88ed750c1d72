"""The desk's pages speak the reader's language, what a person only sees after a click too."""

from __future__ import annotations

from datetime import timedelta

import flask_babel
import pytest

from portal.domain.channels import CHANNELS
from tests.blueprints.test_overview import sell, store_unplaced, today_at
from tests.factories import alices_house, make_rate_plan, make_room_type
from tests.people import sign_in
from tests.pseudo import Pseudo, untranslated


@pytest.fixture
def pseudo_language(monkeypatch):
    monkeypatch.setattr(flask_babel.Domain, "get_translations", lambda self: Pseudo())


def test_every_page_of_the_desk_speaks_the_readers_language(client, db, redis, pseudo_language):
    house = alices_house()
    kind = make_room_type(house.property)
    double, plan = kind.id, make_rate_plan(kind).id
    today = today_at(house)
    mine, theirs = sell(house, double, today).id, store_unplaced(house, double, today)
    names = [house.organization.name, house.property.name, house.owner.name, house.owner.email, "Double",
             "Flexible", "Ana Silva",
             *(each.name for each in CHANNELS.values())]  # fmt: skip
    sign_in(client, house.owner)
    here = f"/p/{house.property_id}/reservations"
    longer = {"check_out": str(today + timedelta(days=1)), "name": "Ana Silva", "notes": "7"}

    answers = {
        "new": client.get(f"{here}/new?rate_plan_id={plan}", follow_redirects=True),
        "refused": client.post(f"{here}/new", data={"check_in": str(today), "check_out": longer["check_out"]}),
        "arriving": client.get(f"{here}?when=arriving"),
        **{f"{each} {path}": client.get(f"{here}/{each}{path}") for each in (mine, theirs)
           for path in ("", "/cancel", "/change")},
        "preview": client.post(f"{here}/{theirs}/change/preview", data=longer),
    }  # fmt: skip
    row = client.get(f"{here}/{mine}").text.partition("/move")[0].rpartition("/rooms/")[2]
    answers["move"] = client.get(f"{here}/{mine}/rooms/{row}/move")

    assert {name for name, answer in answers.items() if answer.status_code >= 400} == {"refused"}
    found = {name: untranslated(answer.text, names) for name, answer in answers.items()}
    assert {name: said for name, said in found.items() if said} == {}
