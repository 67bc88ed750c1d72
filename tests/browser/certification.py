"""What both parts of the channel manager's certification stand on: the person at our pages, and what it was asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from playwright.sync_api import Page, expect

from tests import wires
from tests.house import Sandbox


@dataclass(kw_only=True)
class Stage:
    """The test property. Its first night is the first day of next month, where the table has the first of November."""

    page: Page
    server: str
    sandbox: Sandbox
    wired: wires.Wired
    first: date
    seen: int = 0

    def day(self, number: int) -> date:
        return self.first + timedelta(days=number - 1)

    def open(self, path: str) -> None:
        self.page.goto(self.server + self.wired.url(path))

    def calls(self) -> list[dict[str, Any]]:
        """What the channel manager was asked since the last time, oldest first."""
        found = self.sandbox.control("GET", "journal", params={"since": str(self.seen), "limit": 500})["calls"]
        self.seen = max([self.seen, *(each["id"] for each in found)])
        return list(found)

    def shows_task(self, task: str) -> None:
        """The newest run of the sync history names the task."""
        self.open("history")
        self.page.locator("tr[data-row] a").first.click()
        expect(self.page.locator("#run code").filter(has_text=task)).to_be_visible()
