"""The grid in a real browser: how soon a person sees it, and how soon one changed cell is answered."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from html import unescape
from time import perf_counter
from urllib.parse import urlencode

import requests
from playwright.sync_api import BrowserContext, sync_playwright

from bench import stays
from bench.hotels import Hotel, connected, quiet
from bench.house import House, Unready
from bench.pages import COOKIE, sign_in
from bench.rows import Budget, Row, percentile
from bench.scale import Scale
from demo.browser import find_browser
from portal import tenancy

ROOMS = 2  # of each type
WINDOW = {"width": 1280, "height": 900}
_PAINTED = """() => new Promise(seen => new PerformanceObserver(list => seen(list.getEntries()[0].startTime))
    .observe({type: "paint", buffered: true}))"""
_WHOLE = "() => performance.getEntriesByType('navigation')[0].loadEventEnd"
_FIELD = re.compile(r'<input[^>]*? name="([a-z_]+)"[^>]*? value="([^"]*)"')
_TICKS = ("closed_to_arrival", "closed_to_departure", "stop_sell")


@dataclass(frozen=True)
class Shown:
    """What one page took in the browser, in milliseconds from the click on."""

    painted: list[float]
    whole: list[float]


def measure(house: House, scale: Scale) -> list[Row]:
    """A usual and a very large house, grid and tape chart loaded again and again in a browser; then single cells."""
    sizes = ((scale.grid_types, 30, 1000), (scale.wide_types, 90, 2000))
    hotels = [connected(house, 1, types=types, plans=3, rooms=ROOMS)[0] for types, _, _ in sizes]
    house.wait("nothing waits", lambda: quiet(house), 300)
    house.stop("scheduler", "workers")
    tokens = [_open(hotel, number) for number, hotel in enumerate(hotels)]
    house.settle()
    house.start("web")
    rows: list[Row] = []
    for hotel, token, (types, nights, most) in zip(hotels, tokens, sizes, strict=True):
        with _browser(house, token) as context:
            plain = _shown(context, f"{house.web_url}/me", scale)
            path = f"{house.web_url}/p/{hotel.property_id}"
            grid = _shown(context, f"{path}/rates?nights={nights}", scale)
            tape = _shown(context, f"{path}/calendar?nights=30", scale)
        name = f"grid {types * 4} rows × {nights} nights in a browser"
        rows.append(_row(f"{name}: first paint, p95", grid.painted, plain.painted, Budget(below=most)))
        rows.append(_row(f"{name}: loaded, p95", grid.whole, plain.whole, None))
        name = f"tape chart {types * ROOMS} rooms × 30 nights in a browser"
        rows.append(_row(f"{name}: first paint, p95", tape.painted, plain.painted, Budget(below=most)))
    took = _edits(house, hotels[0], tokens[0], scale)
    rows.append(_row("one cell changed in the grid: answered, p95", took, None, Budget(below=100)))
    return rows


def _open(hotel: Hotel, number: int) -> str:
    """Guests in the rooms and a manager at the desk; returns the token of a session."""
    with tenancy.of(hotel.organization_id):
        stays.fill(hotel, date.today(), 20)
        return sign_in(f"bench{number}@example.test")


@contextmanager
def _browser(house: House, token: str) -> Iterator[BrowserContext]:
    found = find_browser()
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=str(found.program), args=list(found.arguments), env={**os.environ, **found.environment}
        )
        context = browser.new_context(viewport=WINDOW)  # type: ignore[arg-type]
        context.add_cookies([{"name": COOKIE, "value": token, "url": house.web_url}])
        yield context
        browser.close()


def _shown(context: BrowserContext, address: str, scale: Scale) -> Shown:
    found = Shown([], [])
    for number in range(scale.paintings + 2):
        page = context.new_page()
        answer = page.goto(address)
        if answer is None or answer.status != 200:
            raise Unready(f"{address} answered {answer.status if answer else 'nothing'}")
        if number >= 2:  # the first ones fill the caches, of the server as of the browser
            found.painted.append(float(page.evaluate(_PAINTED)))
            found.whole.append(float(page.evaluate(_WHOLE)))
        page.close()
    return found


def _row(what: str, values: list[float], plain: list[float] | None, budget: Budget | None) -> Row:
    baseline = percentile(plain, 0.95) if plain else None
    return Row(what, percentile(values, 0.95), "ms", baseline, budget)


def _edits(house: House, hotel: Hotel, token: str, scale: Scale) -> list[float]:
    """One night's price after another sent by the panel's own form, each answered with the panel anew."""
    base = f"{house.web_url}/p/{hotel.property_id}/rates"
    took = []
    with requests.Session() as browser:
        browser.cookies.set(COOKIE, token)
        browser.headers.update({"HX-Request": "true", "Referer": base})
        for number in range(scale.paintings + 2):
            plan = hotel.rate_plans[number % len(hotel.rate_plans)]
            night = date.today() + timedelta(days=20 + number)
            asked = {"kind": "rates", "subject": str(plan), "night": night.isoformat()}
            panel = browser.get(f"{base}/trace?{urlencode(asked)}", timeout=30).text
            form = panel.partition('id="night-edit"')[2].partition("</form>")[0]
            typed = {name: unescape(value) for name, value in _FIELD.findall(form) if name not in _TICKS}
            began = perf_counter()
            answer = browser.post(f"{base}/night", data={**typed, "rate": f"{90 + number}.50"}, timeout=30)
            if answer.status_code != 200 or f"{90 + number}.50" not in answer.text:
                raise Unready(f"the price of {night} was answered with {answer.status_code}")
            if number >= 2:
                took.append((perf_counter() - began) * 1000)
    return took
