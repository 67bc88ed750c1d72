"""All tests, on both cores: one half beside the other, each with servers of its own (`make test`).

Two halves and not more: a browser, a sandbox and workers run besides them, and a test that waits for a moment to pass
has to find the machine awake. Arguments are pytest's and go to both: `python -m tests.halves -x`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import BinaryIO

CHECKOUT = Path(__file__).resolve().parent.parent
# Chosen by their measured length, the browser's and the pages' together as long as all others.
FIRST = ("browser", "blueprints")
NOTHING_COLLECTED = 5


def halves() -> tuple[list[str], list[str]]:
    """What each half runs. A room or a file of tests that is added belongs to the second by itself."""
    first = [f"tests/{room}" for room in FIRST]
    rooms = sorted((CHECKOUT / "tests").iterdir())
    rest = [path for path in rooms if path.name not in FIRST and (holds_tests(path) or path.match("test_*.py"))]
    return first, [f"tests/{path.name}" for path in rest]


def holds_tests(room: Path) -> bool:
    return room.is_dir() and any(room.rglob("test_*.py"))


def main(arguments: list[str]) -> int:
    """Run both and say what each said, the first that ends first. 0 when both are green."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="roomwire-halves-") as folder:
        running = {}
        for number, half in enumerate(halves()):
            words = (Path(folder) / f"{number}.txt").open("w+b")
            command = [sys.executable, "-m", "pytest", "-q", *arguments, *half]
            running[subprocess.Popen(command, cwd=CHECKOUT, stdout=words, stderr=subprocess.STDOUT)] = words
        try:
            results = [told(process, words) for process, words in list(running.items())]
        finally:
            for process in running:
                process.terminate()
                process.wait()
    sys.stdout.write(f"\nBoth halves in {time.monotonic() - began:.0f} seconds.\n")
    return 0 if all(code in (0, NOTHING_COLLECTED) for code in results) and 0 in results else 1


def told(process: subprocess.Popen[bytes], words: BinaryIO) -> int:
    """Wait for one half, and repeat what it said; its exit code."""
    while True:
        try:
            code = process.wait(30)
            break
        except subprocess.TimeoutExpired:
            sys.stdout.write(".")  # a terminal that says nothing for minutes looks dead
            sys.stdout.flush()
    words.seek(0)
    sys.stdout.write("\n" + words.read().decode(errors="replace"))
    sys.stdout.flush()
    return int(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
