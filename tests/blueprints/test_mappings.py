"""The mapping page: both sides, suggestions, refusals in words, review, apply, undo, replay."""

from __future__ import annotations

from typing import Any

import flask_babel
import pytest

from portal.extensions import db
from portal.models import RoomMapping
from portal.services import connectors, mapping_drafts, provision, remote_products
from tests import factories, wires
from tests.people import sign_in
from tests.pseudo import Pseudo, untranslated
from tests.services.mapped import Details
from tests.wires import Wired

pytestmark = pytest.mark.usefixtures("db", "redis")


@pytest.fixture
def wired(sandbox) -> Wired:
    return wires.wire(set_up=True)


def add_at_channex(wired: Wired, room: str = "Twin", adults: int = 2, *plans: tuple[str, str, int]) -> list[str]:
    """Make a room type with plans (name, currency, occupancy) at Channex, and read the list; their codes."""
    with wires.inside(wired) as connection:
        connector = connectors.line_for(connection).connector
        external = connection.external_property_id or ""
        db.session.commit()
        room_id = connector.create_room_type(external, Details(room, adults), 2)
        made = [room_id, *(connector.create_rate_plan(external, room_id, *plan, None) for plan in plans)]
        remote_products.wish(connection)
        assert remote_products.run(connection.id)
        return made


def version(wired: Wired) -> int:
    with wires.inside(wired) as connection:
        return mapping_drafts.read(connection).version


def url(wired: Wired, path: str = "") -> str:
    return wired.card("mapping") + path


def save(client: Any, wired: Wired, **fields: str) -> Any:
    return client.post(url(wired, "/save"), data={"version": version(wired), **fields})


def live(wired: Wired) -> dict[str, str]:
    with wires.inside(wired) as connection:
        return dict(mapping_drafts.read(connection).live.pairs)


def decided(wired: Wired, decision: str = "at_ota") -> dict[str, str]:
    with wires.inside(wired) as connection:
        return {f"decide-{item.key}": decision for item in mapping_drafts.read(connection).undecided}


def test_both_sides_stand_beside_each_other_with_facts_and_a_verdict(client, wired):
    sign_in(client, wires.alice(wired))
    add_at_channex(wired)

    page = wires.text(client.get(url(wired)))

    assert "1 product there is undecided." in page
    assert "same occupancy" in page and "same price" in page
    assert "EUR 100.00" in page
    assert "List of Channex, read" in page


def test_the_card_of_a_connection_leads_to_its_mapping(client, wired):
    sign_in(client, wires.alice(wired))

    assert url(wired) in client.get(wired.url()).get_data(as_text=True)


def test_a_suggestion_is_proposed_and_not_filled_in(client, wired):
    sign_in(client, wires.alice(wired))
    with wires.inside(wired):
        twin = factories.make_room_type(wired.house.property, "Twin", ["201"])
        twin_id = twin.id
    (code,) = add_at_channex(wired, "twin")

    page = wires.text(client.get(url(wired)))
    assert "Suggested:" in page and "same name, same occupancy" in page
    assert f'<option value="{code}" selected>' not in page

    answer = save(client, wired, accept=f"room:{twin_id}")
    assert answer.status_code == 303
    assert f'<option value="{code}" selected>' in wires.text(client.get(url(wired)))


def test_what_is_surer_than_ninety_percent_is_accepted_after_a_look_at_the_list(client, wired):
    sign_in(client, wires.alice(wired))
    with wires.inside(wired):
        twin = factories.make_room_type(wired.house.property, "Twin", ["201"])
        flex = factories.make_rate_plan(twin, "Flexible")
        keys = [f"room:{twin.id}", f"plan:{flex.id}"]
    room, plan = add_at_channex(wired, "TWIN", 2, ("flexible", "EUR", 2))

    listed = wires.text(client.get(url(wired, "/suggestions")))
    pairs = [f"{keys[0]}=room:{room}", f"{keys[1]}=plan:{plan}"]
    assert all(f'value="{pair}"' in listed for pair in pairs)
    answer = client.post(url(wired, "/accept"), data={"version": version(wired), "pair": pairs})

    assert answer.status_code == 303
    assert keys[0] not in live(wired)
    with wires.inside(wired) as connection:
        assert mapping_drafts.read(connection).target.pairs[keys[1]] == f"plan:{plan}"


def test_one_product_on_two_of_ours_is_refused_naming_the_other_and_the_input_is_kept(client, wired):
    sign_in(client, wires.alice(wired))
    with wires.inside(wired):
        twin = factories.make_room_type(wired.house.property, "Twin", ["201"]).id
    code = live(wired)[f"room:{wired.double}"].split(":")[1]

    answer = save(client, wired, **{f"to-room:{twin}": code})

    assert answer.status_code == 422
    assert "is already mapped to “Double”" in wires.text(answer)
    assert wires.text(answer).count(f'<option value="{code}" selected>') == 2


def test_another_currency_is_blocked_in_words(client, wired):
    sign_in(client, wires.alice(wired))
    room, plan = add_at_channex(wired, "Twin", 2, ("Yen", "JPY", 2))

    answer = save(client, wired, **{f"to-room:{wired.double}": room, f"to-plan:{wired.plan}": plan})

    assert answer.status_code == 422
    assert "Its currency is JPY, yours is EUR." in wires.text(answer)
    assert "currency differs: blocked" in wires.text(answer)


def test_a_product_for_more_people_than_sleep_there_is_refused(client, wired):
    sign_in(client, wires.alice(wired))
    (room,) = add_at_channex(wired, "Family", 4)

    answer = save(client, wired, **{f"to-room:{wired.double}": room})

    assert answer.status_code == 422
    assert "It is sold for 4 people, but only 2 sleep in yours." in wires.text(answer)


def test_a_plan_of_another_room_type_and_an_unknown_code_are_refused(client, wired):
    sign_in(client, wires.alice(wired))
    _, plan = add_at_channex(wired, "Twin", 2, ("Flex", "EUR", 2))

    other = save(client, wired, **{f"to-plan:{wired.plan}": plan})
    unknown = save(client, wired, **{f"to-plan:{wired.plan}": plan.upper() + "X"})

    assert "This rate plan belongs to “Twin” there." in wires.text(other)
    assert "There is no product with the code" in wires.text(unknown)


def test_who_saves_second_is_told_by_whom_the_draft_moved_and_keeps_the_input(client, wired):
    sign_in(client, wires.alice(wired))
    (room,) = add_at_channex(wired)
    old = version(wired)
    save(client, wired, **{f"decide-room:{room}": "at_ota"})

    answer = client.post(url(wired, "/save"), data={"version": old, f"decide-room:{room}": "not_sold"})

    assert answer.status_code == 409
    assert "Alice Marques changed this draft meanwhile." in wires.text(answer)
    assert '<option value="not_sold" selected>' in wires.text(answer)


def test_a_draft_is_reviewed_applied_and_undone(client, wired):
    sign_in(client, wires.alice(wired))
    before = live(wired)
    room, plan = add_at_channex(wired, "Twin", 2, ("Flex", "EUR", 2))
    save(client, wired, **{f"to-room:{wired.double}": room, f"to-plan:{wired.plan}": plan})

    undecided = client.post(url(wired, "/apply"), data={"version": version(wired)})
    save(client, wired, **decided(wired, "not_sold"))
    review = wires.text(client.get(url(wired, "/review")))
    applied = client.post(url(wired, "/apply"), data={"version": version(wired)})
    after = live(wired)
    history = client.get(applied.location)
    undo = history.get_data(as_text=True).split('action="')[-1].split('"')[0]

    assert undecided.status_code == 409 and "undecided" in wires.text(undecided)
    assert "2 calendars: 1,000 nights" in review or "2 calendars: 1000 nights" in review
    assert after == {f"room:{wired.double}": f"room:{room}", f"plan:{wired.plan}": f"plan:{plan}"}
    assert "Applied" in wires.text(history) and "Alice Marques" in wires.text(history)
    assert "/undo" in undo and client.post(undo).status_code == 303
    assert live(wired) == before
    assert client.post(undo).status_code == 409


def test_a_draft_of_which_the_review_is_old_is_not_applied(client, wired):
    sign_in(client, wires.alice(wired))
    (room,) = add_at_channex(wired)
    save(client, wired, **decided(wired))

    answer = client.post(url(wired, "/apply"), data={"version": version(wired) - 1})

    assert answer.status_code == 409
    assert "changed this draft" in wires.text(answer)


def test_a_deleted_product_is_shown_and_can_be_made_anew(client, wired):
    sign_in(client, wires.alice(wired))
    with wires.inside(wired):
        row = db.session.query(RoomMapping).one()
        row.external_id = "3b0ec8a0-0000-4000-8000-000000000000"
        db.session.commit()
    add_at_channex(wired)

    page = wires.text(client.get(url(wired)))

    assert "No longer at Channex: it sells nothing." in page
    assert "Create what is missing" in page


def test_the_list_is_refreshed_by_a_worker_and_not_twice_in_half_a_minute(client, wired):
    sign_in(client, wires.alice(wired))

    first = client.post(url(wired, "/refresh"))
    waiting = wires.text(client.get(url(wired)))
    second = client.post(url(wired, "/refresh"))
    with wires.inside(wired) as connection:
        remote_products.run(connection.id)
    done = wires.text(client.get(url(wired, "/list?seen=old"), headers={"HX-Request": "true"}))

    assert first.status_code == 303
    assert "A worker is reading the list" in waiting and 'hx-trigger="every' in waiting
    assert second.status_code == 409 and "30 seconds" in wires.text(second)
    assert 'hx-trigger="every' not in done and "Show the new list" in done


def test_a_list_that_was_never_read_says_so(client, redis):
    wired = wires.wire()
    sign_in(client, wires.alice(wired))

    assert "was not read yet" in wires.text(client.get(url(wired)))


def test_a_sisters_mapping_is_copied_by_names(client, wired):
    sign_in(client, wires.alice(wired))
    with wires.inside(wired) as connection:
        sister = factories.make_property(wired.house.organization, "Seaview Lagos")
        twin = factories.make_room_type(sister, "Double", ["1"])
        factories.make_rate_plan(twin, "Flexible")
        other = provision.request(sister)
        provision.run(other.id)
        other_id = other.id
        keys = mapping_drafts.read(connection).live.pairs
        state = mapping_drafts.read(connection)
        mapping_drafts.save(connection, state.version, dict.fromkeys(keys, ""), {})

    page = wires.text(client.get(url(wired)))
    listed = wires.text(client.get(url(wired, f"/suggestions?from={other_id}")))

    assert "Copy the mapping of Seaview Lagos" in page
    assert listed.count("mapped so at the sister property") == 2
    assert client.get(url(wired, f"/suggestions?from={wired.connection_id}")).status_code == 404


def test_with_nothing_held_there_is_nothing_to_replay(client, wired):
    sign_in(client, wires.alice(wired))

    assert client.post(url(wired, "/replay")).status_code == 409


ACTS = ("refresh", "save", "accept", "apply", "discard", "replay")


@pytest.mark.parametrize("act", ACTS)
def test_who_may_only_look_changes_nothing(client, act):
    wired = wires.wire()
    sign_in(client, wires.viewer(wired))

    assert client.get(url(wired)).status_code == 200
    assert client.post(url(wired, f"/{act}"), data={"version": 0}).status_code == 403


@pytest.mark.parametrize("path", ["", "/list", "/suggestions", "/review", "/history"])
def test_somebody_elses_mapping_is_not_there(client, path):
    wired = wires.wire()
    charlie = factories.charlies_house()
    sign_in(client, charlie.owner)

    own = f"/p/{charlie.property_id}/connections/{wired.connection_id}/mapping{path}"

    assert client.get(url(wired, path)).status_code == 404
    assert client.get(own).status_code == 404


def test_the_tab_leads_to_the_only_mapping_there_is(client):
    wired = wires.wire()
    sign_in(client, wires.alice(wired))

    assert client.get(wired.url("mappings")).location == url(wired)


def test_a_property_without_connection_is_told_what_will_be_here(client):
    house = factories.alices_house()
    sign_in(client, house.owner)

    assert "This property is not connected yet" in wires.text(client.get(f"/p/{house.property_id}/mappings"))


def test_every_word_of_the_pages_goes_through_translation(client, wired, monkeypatch):
    monkeypatch.setattr(flask_babel.Domain, "get_translations", lambda self: Pseudo())
    sign_in(client, wires.alice(wired))
    with wires.inside(wired):
        twin = factories.make_room_type(wired.house.property, "Twin", ["201"])
        factories.make_rate_plan(twin, "Weekly")
    codes = add_at_channex(wired, "Twin", 2, ("Weekly", "EUR", 2), ("Yen", "JPY", 2))
    house = wired.house
    names = [house.organization.name, house.property.name, house.owner.name, house.owner.email, "Channex", "Double",
             "Flexible", "Twin", "Weekly", "Yen", "EUR", "JPY", *[code[-8:] for code in codes]]  # fmt: skip
    with wires.inside(wired) as connection:
        names += [item.id[-8:] for item in mapping_drafts.read(connection).theirs]

    pages = {path: client.get(url(wired, path)).text for path in ("", "/suggestions", "/review", "/history")}

    assert {path: untranslated(page, names) for path, page in pages.items()} == dict.fromkeys(pages, [])


def test_the_history_says_what_was_taken_off_sale(client, wired):
    sign_in(client, wires.alice(wired))
    pairs = live(wired)
    save(client, wired, **{f"to-{key}": "" for key in pairs}, **{f"decide-{key}": "not_sold" for key in pairs.values()})
    client.post(url(wired, "/apply"), data={"version": version(wired)})
    wires.work(wired, "push")

    history = wires.text(client.get(wired.url("history")))

    changes = wires.text(client.get(url(wired, "/history")))
    assert "Took 2 products that are mapped no more off sale at Channex" in history
    assert "<del>mapped</del>" in changes and "undecided" not in changes
