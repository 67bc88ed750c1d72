"""What is written for people agrees with what the machine does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from portal import config

CHECKOUT = Path(__file__).resolve().parent.parent
HOST = re.compile(r"https?://([^/\s\"']+)")
PAGES = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md")])


def test_the_list_of_settings_is_current():
    assert (CHECKOUT / "docs" / "configuration.md").read_text() == config.handbook(), (
        "run `python -m portal.config > docs/configuration.md`"
    )


def test_every_make_target_that_is_mentioned_exists():
    targets = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))

    for page in PAGES:
        mentioned = set(re.findall(r"`(?:[A-Z_]+=\S+ )*make ([a-z-]+)`", page.read_text()))
        assert mentioned <= targets, page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_between_pages_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())

    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-node.lock"])
def test_the_python_locks_name_no_host_and_pin_every_package_by_hash(name):
    lock = (CHECKOUT / name).read_text()

    assert HOST.findall(lock) == []
    packages = re.findall(r"^([a-z0-9][\w.\[\]-]*==\S+)", lock, re.MULTILINE)
    assert packages
    assert lock.count("--hash=sha256:") >= len(packages)


@pytest.mark.parametrize("name", ["package-lock.json", "tests/browser/package-lock.json"])
def test_the_browser_locks_do_not_say_where_to_fetch_from(name):
    lock = (CHECKOUT / name).read_text()

    assert '"resolved"' not in lock
    assert lock.count('"integrity"') == lock.count('"node_modules/')
