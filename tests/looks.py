"""What the browser tests look at on every page: what axe complains of, and whether the page scrolls sideways."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}

# Each size and each scheme once: what a page has of its own does not depend on both together. The shell, which every
# page has, is looked at in all four ways (test_shell.py).
both_looks = pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (PHONE, "dark")], ids=["wide", "phone"])


def sideways(page: Page) -> int:
    """How many pixels the page itself scrolls to the side."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html'][:120]}" for each in found for node in each["nodes"]]
