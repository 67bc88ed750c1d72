"""`make run`: web, workers and scheduler against the PostgreSQL and Redis of the environment, as in production."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from demo import commands
from demo.__main__ import NOT_NOW, empty, say
from demo.processes import port_is_free
from demo.supervisor import Supervisor
from demo.trouble import Trouble
from portal.config import ConfigError, Settings


def main() -> int:
    """Run until told to stop. 0: stopped by a person; 1: a process failed; 2: refused to start."""
    try:
        settings = Settings.from_environment(os.environ)
        if not port_is_free(settings.port, settings.host):
            raise Trouble(f"Port {settings.port} of {settings.host} is taken by another program. Set PORT.")
        if settings.database_owner_url:
            say("Migrating the database …")
            commands.migrate(os.environ)
    except (ConfigError, Trouble) as trouble:
        sys.stderr.write(f"{trouble}\n")
        return NOT_NOW
    with tempfile.TemporaryDirectory(prefix="roomwire-") as folder:
        figures = Path(settings.prometheus_multiproc_dir or Path(folder) / "metrics")
        empty(figures)
        env = {
            **os.environ,
            "PROMETHEUS_MULTIPROC_DIR": str(figures),
            "HOST": settings.host,
            "PORT": str(settings.port),
        }
        # The web, the workers and the scheduler have no use for the owner's powers.
        env.pop("DATABASE_OWNER_URL", None)
        return Supervisor(commands.portal(env), env, Path(folder)).run()


if __name__ == "__main__":
    sys.exit(main())
