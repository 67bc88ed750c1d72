"""python -m bench [--quick] [--only NAME]: measure, print a table, write the figures down."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import orjson
import psutil

from bench import house as houses
from bench.house import House
from bench.rows import Budget, Row, machine, table
from bench.scale import QUICK, WHOLE, Scale

RESULTS = Path(__file__).resolve().parent / "results" / "latest.json"
NAMES = ("ingest", "drain", "closing", "full_sync", "edits", "bulk", "pages", "grid", "beds24_day")


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a taste of each measurement: shows that they work")
    parser.add_argument("--only", action="append", choices=NAMES, help="one measurement; may be given several times")
    parser.add_argument("--output", type=Path, help=f"where the figures go (default: {RESULTS.name}, if whole)")
    return parser.parse_args(arguments)


def measure(house: House, scale: Scale, names: Sequence[str]) -> tuple[list[Row], dict[str, float]]:
    """Take the measurements named, in the order of `NAMES`.

    The second answer is how busy the processors were with other people's work just before each, in percent.
    """
    from bench import beds24_day, bulk, calendars, closing, drain, hotels, ingest, pages, painting

    many = set(names) & {"ingest", "drain", "closing", "edits"}
    guests = hotels.connected(house, scale.hotels) if many else []
    steps: dict[str, Callable[[], list[Row]]] = {
        "ingest": lambda: ingest.measure(house, guests, scale),
        "drain": lambda: drain.measure(house, guests, scale),
        "closing": lambda: closing.measure(house, guests, scale),
        "full_sync": lambda: calendars.full_syncs(house, scale),
        "edits": lambda: calendars.edits(house, guests[0], scale),
        "bulk": lambda: bulk.measure(house, scale),
        "pages": lambda: pages.measure(house, scale),
        "grid": lambda: painting.measure(house, scale),
        "beds24_day": lambda: beds24_day.measure(house, scale),
    }
    rows: list[Row] = []
    busy: dict[str, float] = {}
    for name in NAMES:
        if name in names:
            busy[name] = psutil.cpu_percent(interval=1.0)
            sys.stderr.write(f"{name} … (before it, the processors were {busy[name]:.0f} % busy)\n")
            try:
                rows += steps[name]()
            except houses.Unready as trouble:  # one that failed must not cost the others' figures
                sys.stderr.write(f"{trouble}\n")
                rows.append(Row(f"{name}: could not be measured", math.nan, "", None, Budget(most=0)))
    return rows, busy


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit 0 when every budget holds, 2 when one does not."""
    asked = options(arguments)
    with houses.opened() as house:
        ((version,),) = house.ask("show server_version")
        before = machine(version)
        rows, busy = measure(house, QUICK if asked.quick else WHOLE, asked.only or NAMES)
    sys.stdout.write(table(rows))
    output = asked.output or (None if asked.quick or asked.only else RESULTS)
    if output is not None:
        facts = {**before.as_json(), "busy_before": busy, "at": datetime.now(UTC).isoformat(timespec="seconds")}
        write(output, rows, facts, asked.quick)
    return 2 if any(row.passed is False for row in rows) else 0


def write(output: Path, rows: Sequence[Row], facts: dict[str, object], quick: bool) -> None:
    """Keep the figures with what they were taken on."""
    output.parent.mkdir(parents=True, exist_ok=True)
    kept = {"machine": facts, "quick": quick, "rows": [row.as_json() for row in rows]}
    output.write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


if __name__ == "__main__":
    sys.exit(main())
