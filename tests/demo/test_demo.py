"""`make demo` and `make run` as a person meets them before anything has started."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys

import pytest

from demo import __main__ as demo
from demo.accounts import ACCOUNTS, sign_ins
from demo.commands import portal
from demo.place import CHECKOUT, make_own
from demo.trouble import Trouble


@pytest.fixture
def taken_port():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def start(module: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    loud = ("DATABASE_", "REDIS_", "CHANNEX_")
    quiet = {name: words for name, words in os.environ.items() if not name.startswith(loud)}
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=CHECKOUT, env={**quiet, **settings}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def test_a_taken_port_is_a_sentence_with_a_way_out(tmp_path, taken_port):
    done = start("demo", "--folder", str(tmp_path), PORT=str(taken_port))

    assert done.returncode == 2
    assert f"Port {taken_port} is taken by another program." in done.stderr
    assert f"PORT={taken_port + 1} make demo" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_demo_on_the_same_data_is_refused(tmp_path):
    with (tmp_path / "demo.lock").open("w") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)

        done = start("demo", "--folder", str(tmp_path))

    assert done.returncode == 2
    assert "Another demo runs on the data in" in done.stderr


def test_production_says_all_that_is_missing():
    done = start("demo.run")

    assert done.returncode == 2
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ROOMWIRE_MASTER_KEYS", "PUBLIC_URL"):
        assert f"{name} is missing" in done.stderr


@pytest.mark.parametrize("words", ["0", "65536", "web"])
def test_a_port_that_is_none_is_refused(words):
    with pytest.raises(Trouble, match="PORT must be a number"):
        demo.chosen_port({"PORT": words})


def test_figures_of_dead_processes_are_thrown_away_and_nothing_else(tmp_path):
    (tmp_path / "counter_12.db").touch()
    (tmp_path / "letter.txt").touch()

    demo.empty(tmp_path)

    assert [each.name for each in tmp_path.iterdir()] == ["letter.txt"]


def test_every_sign_in_is_printed_with_what_it_is_good_for():
    shown = sign_ins()

    assert all(account.email in shown and account.password in shown for account in ACCOUNTS)
    assert "owner of Seaview Hotels" in shown


def test_the_web_listens_where_it_was_told():
    command = portal({"HOST": "0.0.0.0", "PORT": "9000", "WEB_WORKERS": "3"})["web"]

    assert "--host 0.0.0.0 --port 9000 --workers 3" in command


def test_a_strangers_folder_in_a_shared_place_is_not_used(tmp_path):
    (tmp_path / "run").symlink_to(tmp_path)

    with pytest.raises(Trouble, match="is not ours"):
        make_own(tmp_path / "run", 0o700)
