"""The bench itself: that every measurement works and says what it should, not how fast anything is."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import pytest

from bench.rows import Budget, Row, percentile, table


@pytest.mark.timeout(120)
def test_a_quick_run_measures_what_is_named_and_writes_it_down(tmp_path):
    output = tmp_path / "figures.json"

    # A process of its own: the bench binds the portal to a database of its own.
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--only", "ingest", "--only", "edits", "--output", str(output)],
        capture_output=True,
        text=True,
    )

    assert done.returncode in (0, 2), done.stderr
    kept = json.loads(output.read_bytes())
    figures = {row["what"]: row for row in kept["rows"]}
    assert kept["quick"] is True
    assert kept["machine"]["cores"] >= 1
    assert set(kept["machine"]["busy_before"]) == {"ingest", "edits"}
    assert all(set(row) == {"what", "value", "unit", "baseline", "ratio", "budget", "pass"} for row in kept["rows"])
    assert all(row["value"] is not None for row in kept["rows"])
    assert figures["webhooks, 10/s, processing on: not 2xx"]["value"] == 0
    assert figures["webhooks, 10/s, processing on: bookings not applied"]["value"] == 0
    assert figures["one cell changed 10 times in 0.5 s: last value missing at the provider"]["value"] == 0
    assert figures["100 nights changed at once: calls"]["value"] == 1
    assert "100 nights changed at once: calls" in done.stdout


@pytest.mark.parametrize(
    ("budget", "value", "holds"),
    [
        (Budget(below=250), 249.9, True),
        (Budget(below=250), 250, False),
        (Budget(most=0), 0, True),
        (Budget(most=0), 1, False),
        (Budget(least=100), 100, True),
        (Budget(least=100), 99.9, False),
        (Budget(below=1), math.nan, False),
    ],
)
def test_a_budget_holds_up_to_its_limit_and_never_for_what_was_not_measured(budget, value, holds):
    assert budget.holds(value) is holds


def test_a_figure_is_compared_with_its_baseline():
    row = Row("webhooks: answered, p99", 30.0, "ms", baseline=2.0, budget=Budget(below=250))

    assert row.as_json() == {
        "what": "webhooks: answered, p99",
        "value": 30.0,
        "unit": "ms",
        "baseline": 2.0,
        "ratio": 15.0,
        "budget": "< 250",
        "pass": True,
    }


def test_a_missed_budget_shows_in_the_table():
    shown = table([Row("bookings applied", 58.3, "1/s", budget=Budget(least=100))])

    assert "58.3" in shown
    assert "NO" in shown


@pytest.mark.parametrize(("share", "value"), [(0.5, 2), (0.95, 4), (0.25, 1), (1.0, 4)])
def test_a_percentile_is_a_value_that_was_measured(share, value):
    assert percentile([4, 1, 3, 2], share) == value
