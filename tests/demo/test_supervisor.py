"""The supervisor: all processes or none, and words for what went wrong."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from demo.commands import line
from demo.place import CHECKOUT
from demo.processes import find_process, is_alive, until
from demo.supervisor import PROCESSES_FILE, stop_leftovers

SLEEPER = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); print('up'); signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); signal.pause(); signal.pause()"
RUN = """
import os
import sys
from pathlib import Path
from demo.supervisor import Supervisor
commands = {name: command for name, command in (each.split("=", 1) for each in sys.argv[2:])}
sys.exit(Supervisor(commands, os.environ, Path(sys.argv[1])).run())
"""


def python(code: str) -> str:
    return line("demo").rsplit(" -m ", 1)[0] + " -c " + json.dumps(code)


@pytest.fixture
def supervise(tmp_path):
    """Start a supervisor in a process of its own; it is gone after the test, whatever became of it."""
    started: list[subprocess.Popen[str]] = []

    def supervise_(**commands: str) -> subprocess.Popen[str]:
        started.append(launch(tmp_path, **commands))
        return started[-1]

    yield supervise_
    for process in started:
        process.kill()
        process.wait(10)
        stop_leftovers(tmp_path)
        process.communicate(timeout=30)


def launch(folder: Path, **commands: str) -> subprocess.Popen[str]:
    words = [f"{name}={command}" for name, command in commands.items()]
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(folder), *words],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for_processes(folder: Path) -> dict[str, psutil.Process]:
    path = folder / PROCESSES_FILE
    for _ in until(20):
        if path.exists() and path.read_text():
            return {name: psutil.Process(pid) for name, pid in json.loads(path.read_text()).items()}
    raise AssertionError("the processes were not started")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_person_stops_everything_and_nothing_is_left(supervise, tmp_path, number):
    supervisor = supervise(web=python(SLEEPER), workers=python(SLEEPER))
    processes = wait_for_processes(tmp_path)

    supervisor.send_signal(number)
    said, _ = supervisor.communicate(timeout=30)

    assert supervisor.returncode == 0, said
    assert not any(is_alive(process) for process in processes.values())
    assert not (tmp_path / PROCESSES_FILE).exists()


def test_when_one_process_dies_the_rest_is_stopped_and_its_last_words_are_repeated(supervise):
    dying = python("print('the roof'); print('is on fire'); raise SystemExit(3)")
    supervisor = supervise(web=python(SLEEPER), workers=dying)

    said, _ = supervisor.communicate(timeout=30)

    assert supervisor.returncode == 3
    end = said[said.index("The process workers ended (exit code 3)") :]
    assert end.splitlines()[1:] == ["    the roof", "    is on fire"]


def test_a_process_that_ends_well_is_missed_all_the_same(supervise):
    supervisor = supervise(web=python(SLEEPER), workers=python("pass"))

    said, _ = supervisor.communicate(timeout=30)

    assert supervisor.returncode == 1
    assert "The process workers ended (exit code 0)" in said


def test_what_a_killed_supervisor_left_behind_is_ended_by_the_next_start(supervise, tmp_path):
    supervisor = supervise(web=python(SLEEPER), workers=python(SLEEPER))
    processes = wait_for_processes(tmp_path)
    supervisor.kill()
    supervisor.wait(10)

    stop_leftovers(tmp_path)

    for _ in until(10):
        if not any(is_alive(process) for process in processes.values()):
            break
    assert not any(is_alive(process) for process in processes.values())
    assert not (tmp_path / PROCESSES_FILE).exists()


def test_a_strangers_process_that_got_an_old_id_is_left_alone(tmp_path):
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as stranger:
        (tmp_path / PROCESSES_FILE).write_text(json.dumps({"web": stranger.pid}))

        stop_leftovers(tmp_path)

        assert any(find_process(stranger.pid, "sleep") for _ in until(5))
        stranger.kill()


def test_somebody_is_told_once_everything_runs(tmp_path):
    code = f"""
import os, signal, sys
from pathlib import Path
from demo.supervisor import Supervisor
def told():
    print("told", flush=True)
    os.kill(os.getpid(), signal.SIGINT)
sys.exit(Supervisor({{"web": {python(SLEEPER)!r}}}, os.environ, Path({str(tmp_path)!r}), when_started=told).run())
"""

    done = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, timeout=30)

    assert (done.returncode, done.stdout.count("told")) == (0, 1), done.stdout + done.stderr
