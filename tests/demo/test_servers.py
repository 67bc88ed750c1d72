"""The private servers: what a person at a terminal sees, and what is safe about them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys

import psycopg
import pytest
import redis as redis_client
from redis.backoff import NoBackoff
from redis.retry import Retry

from demo import servers as demo_servers
from demo.processes import until
from demo.servers import Servers
from demo.trouble import Trouble


@pytest.fixture
def folder(tmp_path):
    yield tmp_path / "demo"
    demo_servers.remove(tmp_path / "demo")


def ask(url: str, query: str) -> list[tuple]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def test_the_portals_role_cannot_step_around_row_level_security(servers: Servers):
    query = "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"

    assert ask(servers.database_url, query) == [(False, False, False, False)]
    assert ask(servers.owner_url, query) == [(False, False, False, False)]


def test_a_commit_is_on_disk_before_it_is_answered(servers: Servers):
    assert ask(servers.database_url, "SHOW synchronous_commit") == [("on",)]


def test_the_databases_words_are_unicode_and_sort_the_same_everywhere(servers: Servers):
    columns = "pg_encoding_to_char(encoding), datlocprovider::text, datcollate"

    assert ask(servers.database_url, f"SELECT {columns} FROM pg_database WHERE datname = current_database()") == [
        ("UTF8", "b", "C")
    ]
    assert ask(servers.database_url, "SELECT lower('ÉTÉ')") == [("été",)]


def test_nobody_else_may_connect(servers: Servers):
    query = "SELECT has_database_privilege('pg_monitor', 'roomwire', 'CONNECT')"

    assert ask(servers.admin_url, query) == [(False,)]


def test_redis_keeps_its_queues_and_wants_a_password(servers: Servers):
    with redis_client.Redis.from_url(servers.redis_url) as client:
        found = client.config_get("*")
    with (
        redis_client.Redis(port=servers.redis.port, retry=Retry(NoBackoff(), 0)) as stranger,
        pytest.raises(redis_client.AuthenticationError),
    ):
        stranger.ping()

    assert (found["appendonly"], found["maxmemory-policy"], found["bind"]) == ("yes", "noeviction", "127.0.0.1")


def test_a_second_start_finds_the_data_and_the_secrets_of_the_first(folder):
    first = demo_servers.start(folder, durable=False)
    with psycopg.connect(first.owner_url) as connection:
        connection.execute("CREATE TABLE keepsake AS SELECT 7 AS number")
    first.stop()

    second = demo_servers.start(folder, durable=False)

    assert second.keys == first.keys
    assert ask(second.owner_url, "SELECT number FROM keepsake") == [(7,)]


def test_a_second_start_beside_a_running_one_refuses_in_words(folder):
    running = demo_servers.start(folder, durable=False)

    with pytest.raises(Trouble, match=r"run already .*python -m demo.servers stop"):
        demo_servers.start(folder, durable=False)

    assert ask(running.database_url, "SELECT 1") == [(1,)]


def test_after_a_crash_the_servers_start_again_with_what_was_committed(folder):
    crashed = demo_servers.start(folder, durable=False)
    with psycopg.connect(crashed.owner_url) as connection:
        connection.execute("CREATE TABLE keepsake AS SELECT 7 AS number")
    for server in (crashed.postgres, crashed.redis):
        process = server.process()
        assert process is not None
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    again = demo_servers.start(folder, durable=False)

    assert ask(again.owner_url, "SELECT number FROM keepsake") == [(7,)]


def test_a_lock_that_names_a_strangers_process_does_not_stop_the_start(folder):
    first = demo_servers.start(folder, durable=False)
    first.stop()
    lock = first.postgres.data / "postmaster.pid"
    lock.write_text(f"1\n{first.postgres.data}\n")
    first.place.give(lock)

    again = demo_servers.start(folder, durable=False)

    assert ask(again.database_url, "SELECT 1") == [(1,)]


def test_removing_leaves_neither_processes_nor_data(folder):
    servers = demo_servers.start(folder, durable=False)
    processes = [servers.postgres.process(), servers.redis.process()]

    demo_servers.remove(folder)

    assert not any(process.is_running() for process in processes)
    assert not servers.place.postgres_data.exists()
    assert not servers.place.redis_data.exists()
    assert list(folder.glob("*.json")) == []


def test_the_command_line_says_what_it_did(folder, capsys):
    here = ["--folder", str(folder)]

    assert demo_servers.main(["status", *here]) == 1
    assert demo_servers.main(["start", *here]) == 0
    assert demo_servers.main(["start", *here]) == 1
    assert demo_servers.main(["status", *here]) == 0
    assert demo_servers.main(["stop", *here]) == 0
    assert demo_servers.main(["stop", *here]) == 0

    said = capsys.readouterr()
    assert "not running" in said.out
    assert "DATABASE_URL=postgresql://roomwire_app:" in said.out
    assert "run already" in said.err
    assert said.out.endswith("Stopped.\nThey were not running.\n")


def test_servers_end_with_the_process_that_started_them(folder, tmp_path):
    child = subprocess.Popen(
        [sys.executable, "-c", f"""
import sys, time
from pathlib import Path
from demo import servers
servers.start(Path({str(folder)!r}), durable=False)
sys.stdout.write("up\\n"); sys.stdout.flush(); time.sleep(60)
"""],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == "up\n"
    servers = demo_servers.describe(demo_servers.find_place(folder))
    assert demo_servers.is_running(servers)

    child.kill()
    child.wait(10)

    for _ in until(10):
        if not demo_servers.is_running(servers):
            break
    assert not demo_servers.is_running(servers)


@pytest.mark.skipif(os.geteuid() != 0, reason="only for root do the data lie outside the folder")
def test_deleting_the_folder_starts_afresh_instead_of_locking_us_out(tmp_path):
    folder = tmp_path / "demo"
    demo_servers.start(folder, redis=False, durable=False).stop()
    shutil.rmtree(folder)

    again = demo_servers.start(folder, redis=False, durable=False)

    try:
        assert again.postgres.process() is not None
    finally:
        again.stop()
        demo_servers.remove(folder)
