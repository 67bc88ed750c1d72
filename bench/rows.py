"""What a measurement leaves behind: rows, and the machine they were taken on."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

HEADINGS = ("what", "value", "unit", "baseline", "ratio", "budget", "pass")


@dataclass(frozen=True)
class Budget:
    """A limit on a value: `most` and `least` are both allowed values; `below` is not."""

    most: float | None = None
    least: float | None = None
    below: float | None = None

    def holds(self, value: float) -> bool:
        return not (
            math.isnan(value)
            or (self.most is not None and value > self.most)
            or (self.least is not None and value < self.least)
            or (self.below is not None and value >= self.below)
        )

    def __str__(self) -> str:
        limits = (("≤", self.most), ("≥", self.least), ("<", self.below))
        return " and ".join(f"{sign} {limit:g}" for sign, limit in limits if limit is not None)


@dataclass(frozen=True)
class Row:
    """One figure. `baseline` is the same unit measured on the plainest thing that could do it."""

    what: str
    value: float
    unit: str
    baseline: float | None = None
    budget: Budget | None = None

    @property
    def ratio(self) -> float | None:
        """How many times the baseline the value is; None without one."""
        return self.value / self.baseline if self.baseline else None

    @property
    def passed(self) -> bool | None:
        """Whether the budget holds; None without one."""
        return None if self.budget is None else self.budget.holds(self.value)

    def as_json(self) -> dict[str, Any]:
        """The row as it is kept. What could not be measured is null, and does not pass."""
        return {
            "what": self.what,
            "value": _rounded(self.value),
            "unit": self.unit,
            "baseline": _rounded(self.baseline),
            "ratio": _rounded(self.ratio),
            "budget": str(self.budget) if self.budget else None,
            "pass": self.passed,
        }


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values do not exceed; not a number when there are none."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


@dataclass(frozen=True)
class Machine:
    """What the figures were taken on. `load` is the load average of the minute before, so that a busy machine shows."""

    cores: int
    memory_gib: float
    system: str
    python: str
    postgres: str
    load: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def machine(postgres: str) -> Machine:
    """The facts of this machine, now."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    model = next(
        (line.split(":")[1].strip() for line in _cpu_lines() if line.startswith("model name")), platform.machine()
    )
    return Machine(
        len(os.sched_getaffinity(0)),
        round(pages, 1),
        f"{platform.system()} {platform.release()}, {model}",
        platform.python_version(),
        postgres,
        round(os.getloadavg()[0], 2),
    )


def table(rows: Sequence[Row]) -> str:
    """The rows for people, in columns."""
    cells = [HEADINGS, *(tuple(_shown(row.as_json()[heading]) for heading in HEADINGS) for row in rows)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(HEADINGS))]
    lines = []
    for line in cells:
        first, *others = (
            cell.ljust(width) if at in (0, 2) else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        lines.append("  ".join([first, *others]).rstrip())
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]]) + "\n"


def _cpu_lines() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def _rounded(value: float | None) -> float | None:
    """Four digits: the fifth is noise."""
    if value is None or math.isnan(value):
        return None
    return float(f"{value:.4g}")


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if value is None:
        return "-"
    return f"{value:g}" if isinstance(value, float) else str(value)
