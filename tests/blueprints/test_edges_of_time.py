"""Far from Greenwich, and when the clocks change: the grid, the calendar and the OTAs mean the hotel's own nights."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from portal.services import rooms
from tests.house import Sandbox
from tests.people import sign_in
from tests.wires import Wired, alice, inside, text, wire, work

pytestmark = pytest.mark.usefixtures("db", "redis")
DAY = timedelta(days=1)
LISBON = ZoneInfo("Europe/Lisbon")


def clock_change(*, forward: bool) -> date:
    """The next day on which the clocks of Lisbon change, far enough ahead to be sold."""
    noon = datetime.combine(datetime.now(UTC).date() + 3 * DAY, time(12), UTC)
    for _ in range(370):
        before, after = (LISBON.utcoffset(moment.replace(tzinfo=None)) for moment in (noon - DAY, noon))
        if before != after and (after > before) is forward:
            return noon.date()
        noon += DAY
    raise AssertionError("the clocks of Lisbon do not change any more")


def there(sandbox: Sandbox, wired: Wired, first: date, last: date) -> tuple[dict[str, int], dict[str, bool]]:
    """What the OTAs have by night: units left, and whether the plan is closed."""
    with inside(wired) as connection:
        external = connection.external_property_id
    span = {"first": str(first), "last": str(last)}
    found = sandbox.control("GET", f"calendar/{external}", params=span)
    (units,), (cells,) = found["availability"].values(), found["rate_plans"].values()
    return units, {night: cell["stop_sell"] for night, cell in cells.items()}


def close(client: Any, wired: Wired, first: date, last: date) -> str:
    """Close the plan for these nights by the form of the grid; returns the page that came of it."""
    line = {"plan": str(wired.plan), "weekday": [*"0123456"], "first_0": str(first), "last_0": str(last),
            "how": "keep", "stop_sell": "yes"}  # fmt: skip
    preview = client.post(wired.url("rates/edits/range"), data=line).location
    stamp = re.search(r'name="shown" value="([0-9a-f]+)"', client.get(preview).text)[1]
    done = client.post(preview.replace("/preview", "/apply"), data={"shown": stamp}).location
    return text(client.get(done))


def block(client: Any, wired: Wired, first: date, last: date) -> None:
    with inside(wired):
        room = rooms.listed(wired.house.property_id)[0].id
    form = {"starts": str(first), "last": str(last), "reason": "maintenance"}
    assert client.post(wired.url(f"rooms/{room}/blocks"), data=form).status_code == 303


def nights_of(client: Any, wired: Wired, path: str) -> list[str]:
    """The nights the first row of the grid leads to, in their order."""
    row = client.get(wired.url(path)).text.partition("<tbody")[2].partition("</tr>")[0]
    return re.findall(r"night=([0-9-]{10})", row)


@pytest.mark.parametrize("zone", ["Pacific/Pago_Pago", "Pacific/Kiritimati"])
def test_tonight_is_the_hotels_night_in_grid_calendar_and_at_the_otas(client, sandbox, zone):
    wired = wire(set_up=True, timezone=zone)
    sign_in(client, alice(wired))
    tonight = datetime.now(ZoneInfo(zone)).date()

    closed = close(client, wired, tonight - DAY, tonight)
    block(client, wired, tonight, tonight)
    work(wired, "push")

    assert "1 cell changed." in closed  # the night before is over
    assert nights_of(client, wired, "rates?nights=7")[0] == str(tonight)
    assert f'value="{tonight}"' in client.get(wired.url("calendar")).text
    units, shut = there(sandbox, wired, tonight, tonight + DAY)
    assert units == {str(tonight): 1, str(tonight + DAY): 2}
    assert shut == {str(tonight): True, str(tonight + DAY): False}


@pytest.mark.parametrize("forward", [True, False], ids=["spring", "autumn"])
def test_the_night_the_clocks_change_is_shown_once_and_closed_alone(client, sandbox, forward):
    change = clock_change(forward=forward)
    wired = wire(set_up=True)
    sign_in(client, alice(wired))
    around = [change + number * DAY for number in range(-2, 3)]

    closed = close(client, wired, change - DAY, change)
    block(client, wired, change - DAY, change)
    work(wired, "push")

    assert "2 cells changed." in closed
    assert nights_of(client, wired, f"rates?first={around[0]}&nights=5") == [str(night) for night in around]
    assert client.get(wired.url(f"calendar?first={around[0]}&nights=7")).text.count('scope="col"') == 7 + 1
    units, shut = there(sandbox, wired, around[0], around[-1])
    assert [units[str(night)] for night in around] == [2, 1, 1, 2, 2]
    assert [shut[str(night)] for night in around] == [False, True, True, False, False]
