"""python -m bench [--quick] [--only NAME]: measure, print a table, write the figures down."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import orjson

from bench import house as houses
from bench.house import House
from bench.rows import Row, machine, table
from bench.scale import QUICK, WHOLE, Scale

RESULTS = Path(__file__).resolve().parent / "results" / "latest.json"
NAMES = ("ingest", "drain", "closing", "full_sync", "edits")


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a taste of each measurement: shows that they work")
    parser.add_argument("--only", action="append", choices=NAMES, help="one measurement; may be given several times")
    parser.add_argument("--output", type=Path, help=f"where the figures go (default: {RESULTS.name}, if whole)")
    return parser.parse_args(arguments)


def measure(house: House, scale: Scale, names: Sequence[str]) -> list[Row]:
    """Take the measurements named, in the order of `NAMES`."""
    from bench import calendars, closing, drain, hotels, ingest

    many = set(names) - {"full_sync"}
    guests = hotels.connected(house, scale.hotels) if many else []
    steps: dict[str, Callable[[], list[Row]]] = {
        "ingest": lambda: ingest.measure(house, guests, scale),
        "drain": lambda: drain.measure(house, guests, scale),
        "closing": lambda: closing.measure(house, guests, scale),
        "full_sync": lambda: calendars.full_syncs(house, scale),
        "edits": lambda: calendars.edits(house, guests[0], scale),
    }
    rows = []
    for name in NAMES:
        if name in names:
            sys.stderr.write(f"{name} …\n")
            rows += steps[name]()
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit 0 when every budget holds, 2 when one does not."""
    asked = options(arguments)
    with houses.opened() as house:
        ((version,),) = house.ask("show server_version")
        before = machine(version)
        rows = measure(house, QUICK if asked.quick else WHOLE, asked.only or NAMES)
    sys.stdout.write(table(rows))
    output = asked.output or (None if asked.quick or asked.only else RESULTS)
    if output is not None:
        write(output, rows, {**before.as_json(), "at": datetime.now(UTC).isoformat(timespec="seconds")}, asked.quick)
    return 2 if any(row.passed is False for row in rows) else 0


def write(output: Path, rows: Sequence[Row], facts: dict[str, object], quick: bool) -> None:
    """Keep the figures with what they were taken on."""
    output.parent.mkdir(parents=True, exist_ok=True)
    kept = {"machine": facts, "quick": quick, "rows": [row.as_json() for row in rows]}
    output.write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


if __name__ == "__main__":
    sys.exit(main())
