"""`python -m sandbox --port N`: a simulated Channex, a simulated Beds24 and a mailbox in one process."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from sandbox.app import Sandbox
from sandbox.mailbox.server import MailServer
from sandbox.server import Server
from sandbox.snapshot import Snapshot


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="Channex (/api/v1) and Beds24 (/api/v2, /v2), simulated over HTTP."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 lets the system choose")
    parser.add_argument("--mail-port", type=int, default=0, help="take mails (SMTP) on this port; 0: take none")
    parser.add_argument("--state", type=Path, help="a JSON file to remember everything in")
    parser.add_argument(
        "--api-key", default=os.environ.get("CHANNEX_API_KEY"), help="Channex's; unset: any key will do"
    )
    return parser.parse_args(arguments)


def main() -> int:
    """Serve until SIGTERM or SIGINT, then write the state a last time."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    asked = options()
    sandbox = Sandbox(asked.api_key)
    snapshot = Snapshot(asked.state, sandbox.dump, sandbox.version) if asked.state else None
    if snapshot:
        remembered = snapshot.load()
        if remembered:
            sandbox.load(remembered)
        snapshot.start()
    server = Server(sandbox.handle, asked.host, asked.port)
    sandbox.refuse = server.go_dark
    mail_server = MailServer(sandbox.mails, asked.host, asked.mail_port) if asked.mail_port else None
    if mail_server:
        mail_server.start()
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    sandbox.start()
    threading.Thread(target=server.serve, daemon=True, name="accept").start()
    sys.stdout.write(f"sandbox ready on {server.url}\n")
    sys.stdout.flush()
    stopped.wait()
    server.stop()
    sandbox.stop()
    if mail_server:
        mail_server.stop()
    if snapshot:
        snapshot.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
