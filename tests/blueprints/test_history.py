"""The sync history: a sentence a run, the run itself, sending again, and taking the list away."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from portal.blueprints.history import neutral
from portal.models import SyncRun, SyncStatus, SyncType
from portal.services import sync_runs
from tests import factories, wires
from tests.people import sign_in

pytestmark = pytest.mark.usefixtures("db", "redis")


@pytest.fixture
def wired(sandbox) -> wires.Wired:
    return wires.wire(set_up=True)


def test_a_hotel_where_nothing_was_sent_is_told_what_will_stand_here(client):
    house = factories.alices_house()
    sign_in(client, house.owner)

    page = wires.text(client.get(f"/p/{house.property_id}/history"))

    assert "Nothing was sent or read yet" in page
    assert "Export" not in page


def test_the_first_calendar_is_one_sentence(client, wired):
    sign_in(client, wires.alice(wired))

    page = wires.text(client.get(wired.url("history")))

    assert "1,000 nights of Double to Channex" in page
    assert "all accepted" in page
    assert "Set up at Channex: 1 room type and 1 rate plan" in page


def test_a_refused_night_is_named_with_its_reason_and_needs_the_hotel(client, wired):
    sign_in(client, wires.alice(wired))

    refused(wired)

    page = wires.text(client.get(wired.url("history?status=FAILED")))
    assert "2 nights of Double · Flexible to Channex" in page
    assert "2 refused" in page
    assert "Needs you" in page


def test_a_run_shows_what_was_sent_what_was_answered_and_the_open_problem(client, wired):
    sign_in(client, wires.alice(wired))
    run_id = refused(wired)

    page = wires.text(client.get(wired.url(f"history/{run_id}")))

    assert "(2 nights)" in page
    assert "EUR 0.00" in page.replace("\N{NO-BREAK SPACE}", " ")
    assert "POST /restrictions" in page
    assert "prices of single nights" in page
    assert "The OTAs still sell these nights at the last values that were accepted." in page
    assert "Send 2 nights again" in page


def test_what_was_refused_is_sent_again_once_it_can_be_taken(client, wired):
    sign_in(client, wires.alice(wired))
    run_id = refused(wired)

    asked = client.post(wired.url(f"history/{run_id}/again"))
    wires.work(wired, "push")

    assert asked.status_code == 303
    latest = wires.text(client.get(wired.url("history?type=ARI_PUSH")))
    assert latest.count("2 refused") == 2, "it was not sent again"


def test_nothing_is_sent_again_when_nothing_is_refused(client, wired):
    sign_in(client, wires.alice(wired))
    with wires.inside(wired):
        run_id = newest(SyncType.ARI_PUSH).id

    assert client.post(wired.url(f"history/{run_id}/again")).status_code == 409


def test_a_call_that_got_no_answer_heals_itself_and_says_when(client, wired, sandbox):
    sign_in(client, wires.alice(wired))
    sandbox.control("POST", "faults", json={"kind": "status", "status": 503, "match": {"path_prefix": "/availability"}})
    client.post(wired.card("full-sync"))
    wires.work(wired, "push")

    page = wires.text(client.get(wired.url("history?type=FULL_SYNC")))

    assert "Heals itself" in page
    assert "next try" in page


def test_filters_are_the_address_and_a_wrong_one_is_said_at_its_field(client, wired):
    sign_in(client, wires.alice(wired))

    bookings = wires.text(client.get(wired.url("history?type=RESERVATION_PULL")))
    wrong = wires.text(client.get(wired.url("history?since=2031-02-01&until=2031-01-01")))
    strange = client.get(wired.url("history?type=%3Cscript%3E&since=31.12.&connection=1"))

    assert "Nothing fits these filters" in bookings
    assert "The last day lies before the first." in wrong
    assert strange.status_code == 200
    assert "Choose one of the list." in wires.text(strange)


def test_a_day_is_a_day_of_the_property(client, sandbox):
    wired = wires.wire()
    sign_in(client, wires.alice(wired))
    with wires.inside(wired) as connection:
        # 23:30 UTC of 30 June is 00:30 of 1 July in Lisbon.
        run = SyncRun(connection_id=connection.id, property_id=connection.property_id, type=SyncType.ARI_PULL,
                      status=SyncStatus.COMPLETED, started_at=datetime(2026, 6, 30, 23, 30, tzinfo=UTC))  # fmt: skip
        wires.keep(run)

    july = wires.text(client.get(wired.url("history?since=2026-07-01&until=2026-07-01")))
    june = wires.text(client.get(wired.url("history?since=2026-06-30&until=2026-06-30")))

    assert "Read back" in july
    assert "Nothing fits these filters" in june


def test_older_runs_stand_on_the_next_page_and_none_is_shown_twice(client, sandbox):
    wired = wires.wire()
    sign_in(client, wires.alice(wired))
    with wires.inside(wired) as connection:
        for number in range(60):
            run = SyncRun(connection_id=connection.id, property_id=connection.property_id, type=SyncType.ARI_PULL,
                          status=SyncStatus.FAILED, error=f"case {number:02}")  # fmt: skip
            wires.keep(run)

    first = client.get(wired.url("history")).get_data(as_text=True)
    link = next(part.split('"')[0] for part in first.split('href="') if "after=" in part.split('"')[0])
    second = client.get(link.replace("&amp;", "&")).get_data(as_text=True)

    assert [f"case {number:02}" in first for number in (59, 10, 9)] == [True, True, False]
    assert [f"case {number:02}" in second for number in (10, 9, 0)] == [False, True, True]


def test_the_list_is_taken_away_without_becoming_a_program(client, sandbox):
    wired = wires.wire()
    sign_in(client, wires.alice(wired))
    with wires.inside(wired) as connection:
        run = SyncRun(connection_id=connection.id, property_id=connection.property_id, type=SyncType.ARI_PULL,
                      status=SyncStatus.FAILED, error='=HYPERLINK("https://attacker.example")')  # fmt: skip
        wires.keep(run)

    answer = client.get(wired.url("history/export?type=ARI_PULL"))
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))

    assert answer.mimetype == "text/csv"
    assert len(rows) == 2
    assert not [cell for cell in rows[1] if cell.startswith("=")]
    assert "'=HYPERLINK" in ",".join(rows[1])


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n@x"])
def test_a_cell_that_begins_like_a_formula_is_text(cell):
    assert neutral(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "Double", "3 accepted", "2026-07-01", "a=b"])
def test_an_ordinary_cell_stays_as_it_is(cell):
    assert neutral(cell) == cell


def test_who_may_only_look_sends_nothing_again(client, wired):
    run_id = refused(wired)
    sign_in(client, wires.viewer(wired))

    page = wires.text(client.get(wired.url(f"history/{run_id}")))

    assert "Send 2 nights again" not in page
    assert client.post(wired.url(f"history/{run_id}/again")).status_code == 403


def test_somebody_elses_run_is_not_there(client, wired):
    run_id = refused(wired)
    charlie = factories.charlies_house()
    sign_in(client, charlie.owner)

    assert client.get(wired.url(f"history/{run_id}")).status_code == 404
    assert client.get(f"/p/{charlie.property_id}/history/{run_id}").status_code == 404
    assert client.post(f"/p/{charlie.property_id}/history/{run_id}/again").status_code == 404
    assert client.get(wired.url("history/export")).status_code == 404


def refused(wired: wires.Wired) -> object:
    """Two nights at a price of nothing, sent and refused; the run's id."""
    wires.price_nothing(wired, 7, 8)
    wires.work(wired, "push")
    with wires.inside(wired):
        run = newest(SyncType.ARI_PUSH)
        assert run.failed == 2
        return run.id


def newest(type: SyncType) -> SyncRun:
    found = wires.newest_run(type)
    run = sync_runs.find(found)
    assert run is not None
    return run
