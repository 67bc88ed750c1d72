"""The sandbox as a process: it says where it is, remembers, and stops when told."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.conftest import KEY, Client, Receiver, eventually, register


class Process:
    """`python -m sandbox` with a state file."""

    def __init__(self, state: Path) -> None:
        command = [sys.executable, "-m", "sandbox", "--port", "0", "--state", str(state), "--api-key", KEY]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("sandbox ready on http://127.0.0.1:"), line
        self.client = Client(line.split()[-1])

    def end(self, number: int) -> int:
        """Send a signal; the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(timeout=10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.client.session.close()
        return code


def seen(client: Client, hotel: Any) -> dict[str, Any]:
    feed = {row["id"]: row["attributes"]["status"] for row in client.feed()}
    return {
        "properties": client.get("/properties")["data"], "plans": client.get("/rate_plans")["data"],
        "channels": client.get("/channels")["data"], "webhooks": client.get("/webhooks")["data"], "feed": feed,
        "calendar": client.sim(f"/calendar/{hotel['id']}"), "ledger": client.sim("/ledger"),
        "switches": client.sim("/switches"),
    }  # fmt: skip


def test_a_restart_forgets_nothing(tmp_path: Path, receiver: Receiver) -> None:
    state = tmp_path / "sandbox.json"
    first = Process(state)
    client = first.client
    client.sim("/switches", {"string_warnings": True})
    hotel = client.hotel()
    register(client, receiver, event_mask="booking")
    receiver.answers = [503]
    client.sim(f"/ota/{hotel['id']}/book", {"ota": "BDC", "check_in": client.night(3)})
    client.sim("/bookings", {"count": 3, "webhooks": False})
    receiver.next()
    eventually(lambda: client.sim("/deliveries")["deliveries"][0]["attempts"])
    before = seen(client, hotel)

    code = first.end(signal.SIGTERM)
    second = Process(state)
    after = seen(second.client, hotel)
    second.client.advance(61)

    assert code == 0
    assert after == before
    assert receiver.next()["event"] == "booking"
    assert second.end(signal.SIGINT) == 0


def test_a_killed_sandbox_remembers_what_is_a_second_old(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.json"
    first = Process(state)
    hotel = first.client.hotel()
    eventually(lambda: state.exists() and hotel["id"] in state.read_text())

    first.end(signal.SIGKILL)
    second = Process(state)

    assert [row["id"] for row in second.client.get("/properties")["data"]] == [hotel["id"]]
    second.end(signal.SIGTERM)


@pytest.mark.parametrize("bad", [["--port", "none"]])
def test_a_wrong_option_is_refused(bad: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", *bad], capture_output=True, text=True, timeout=20, check=False
    )

    assert done.returncode == 2
    assert "--port" in done.stderr
