"""The arrows between the rooms: who may import whom. One import in a hurry is how a house loses its walls."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
OURS = {"portal", "providers", "workers", "sandbox", "demo", "bench", "chaos", "tests", "migrations", "wsgi"}
WHOLE_STDLIB = frozenset(sys.stdlib_module_names)


@dataclass(frozen=True)
class Room:
    """What the files under `path` may import. A name allows itself and everything below it.

    `ours` are rooms of this house, `libraries` other people's packages (None: any). `excused` names a file that may
    do one thing more, and says why by being so few.
    """

    path: str
    ours: tuple[str, ...]
    libraries: tuple[str, ...] | None = None
    never: tuple[str, ...] = ()
    excused: tuple[tuple[str, str], ...] = ()


ROOMS = (
    Room("providers", ours=("providers",), libraries=("requests", "urllib3")),
    Room(
        "portal/domain",
        ours=("portal.domain", "providers.types", "providers.channel_types"),
        libraries=("babel", "phonenumbers", "rapidfuzz"),
        never=("socket", "subprocess", "threading", "asyncio", "urllib.request", "http.client"),
    ),
    Room(
        "portal/models",
        ours=("portal.models", "portal.domain", "portal.extensions", "portal.crypto", "portal.tenancy", "portal.db",
              "providers.types"),
        never=("flask",),
    ),
    Room(
        "portal/services",
        ours=("portal.services", "portal.models", "portal.domain", "portal.db", "portal.queue", "portal.crypto",
              "portal.config", "portal.credits", "portal.throttle", "portal.breaker", "portal.tenancy",
              "portal.extensions", "portal.metrics", "providers"),
        never=("flask", "flask_login", "flask_wtf"),
    ),
    Room("portal/schemas", ours=("portal.schemas", "portal.domain", "portal.web"), never=("flask", "sqlalchemy")),
    Room(
        "portal/blueprints",
        ours=("portal.blueprints", "portal.services", "portal.schemas", "portal.web", "portal.domain",
              "portal.metrics", "portal.extensions.csrf", "portal.extensions.login_manager"),
        never=("sqlalchemy", "psycopg", "rq"),
        excused=(("portal/blueprints/webhooks.py", "providers"),),
    ),
    Room("workers", ours=("workers", "portal.services", "portal.app", "portal.queue", "portal.config", "portal.logs",
                          "portal.metrics", "portal.tenancy", "portal.extensions", "providers.errors")),
    Room("sandbox", ours=("sandbox",)),
    Room("portal", ours=("portal", "providers")),
    Room("demo", ours=("demo", "portal", "providers")),
    Room("migrations", ours=("migrations", "portal.models", "portal.extensions")),
)  # fmt: skip


@dataclass(frozen=True)
class Import:
    """One import: where it stands and the full name of what it takes."""

    file: str
    line: int
    name: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.name}"


def imports(path: Path) -> Iterator[Import]:
    """Every import of a file, those inside functions too. `from a import b` counts as a.b."""
    where = path.relative_to(CHECKOUT)
    package = list(where.parent.parts)
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(str(where), node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            for alias in node.names:
                yield Import(str(where), node.lineno, f"{base}.{alias.name}")


def files(path: str) -> list[Path]:
    return sorted((CHECKOUT / path).rglob("*.py"))


def within(name: str, rooms: tuple[str, ...]) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def trespasses(room: Room, each: Import) -> bool:
    top = each.name.split(".")[0]
    if within(each.name, room.never):
        return True
    if top in OURS:
        extra = tuple(allowed for file, allowed in room.excused if file == each.file)
        return not within(each.name, room.ours + extra)
    if room.libraries is not None:
        return top not in WHOLE_STDLIB and not within(each.name, room.libraries)
    return False


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.path)
def test_a_room_imports_only_from_the_rooms_it_may(room):
    here = files(room.path)

    assert here, f"{room.path} is empty: has it moved?"
    assert [str(each) for path in here for each in imports(path) if trespasses(room, each)] == []


@pytest.mark.parametrize(("guest", "hosts"), [("sandbox", {"tests", "demo", "bench", "chaos", "sandbox"}),
                                              ("demo", {"tests", "bench", "chaos", "demo"})])  # fmt: skip
def test_what_is_only_for_practice_is_imported_by_nothing_that_runs_in_production(guest, hosts):
    product = [path for room in OURS - hosts - {"wsgi"} for path in files(room)] + [CHECKOUT / "wsgi.py"]

    assert [str(each) for path in product for each in imports(path) if within(each.name, (guest,))] == []


def test_the_portal_package_loads_nothing_by_itself():
    tree = ast.parse((CHECKOUT / "portal" / "__init__.py").read_text())

    assert all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in tree.body)


def test_settings_come_in_as_arguments_and_nobody_looks_at_the_environment():
    looks = re.compile(r"\bos\.environ\b|\bgetenv\b|from os import environ")
    entries = {CHECKOUT / "portal" / "cli.py"}

    product = [path for room in ("portal", "providers") for path in files(room) if path not in entries]
    assert [str(path.relative_to(CHECKOUT)) for path in product if looks.search(path.read_text())] == []


def test_the_walls_are_seen_where_they_are_broken():
    services = next(room for room in ROOMS if room.path == "portal/services")
    providers = next(room for room in ROOMS if room.path == "providers")
    blueprints = next(room for room in ROOMS if room.path == "portal/blueprints")

    assert trespasses(services, Import("portal/services/x.py", 1, "flask.request"))
    assert trespasses(services, Import("portal/services/x.py", 1, "portal.blueprints.rates"))
    assert trespasses(providers, Import("providers/x.py", 1, "portal.db.now"))
    assert trespasses(providers, Import("providers/x.py", 1, "sqlalchemy.select"))
    assert trespasses(blueprints, Import("portal/blueprints/rates.py", 1, "providers.registry"))
    assert not trespasses(blueprints, Import("portal/blueprints/webhooks.py", 1, "providers.registry"))
    assert not trespasses(providers, Import("providers/x.py", 1, "decimal.Decimal"))
