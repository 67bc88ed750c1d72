"""The one way the demo says that it cannot go on."""

from __future__ import annotations


class Trouble(Exception):
    """A sentence for the person at the terminal: what is wrong and what to do about it."""
