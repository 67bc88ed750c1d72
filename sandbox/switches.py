"""Named switches of a simulated provider: each has a default, and takes only values of its default's type."""

from __future__ import annotations

from typing import Any


class UnknownSwitch(Exception):
    """No switch of that name, or a value of another type."""


class Switches:
    """The switches in force."""

    def __init__(self, defaults: dict[str, Any]) -> None:
        self._defaults = defaults
        self._values = dict(defaults)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def turn(self, changes: dict[str, Any]) -> None:
        """Set several; all or none. Raises UnknownSwitch."""
        for name, value in changes.items():
            if name not in self._defaults:
                raise UnknownSwitch(f"there is no switch {name!r}")
            number = isinstance(self._defaults[name], int | float) and not isinstance(self._defaults[name], bool)
            fits = isinstance(value, int | float) if number else isinstance(value, type(self._defaults[name]))
            if not fits or (number and (isinstance(value, bool) or value < 0)):
                raise UnknownSwitch(f"{name} cannot be {value!r}")
        self._values.update(changes)

    def all(self) -> dict[str, Any]:
        """Every switch with its value."""
        return dict(self._values)

    def reset(self) -> None:
        """Back to the defaults."""
        self._values = dict(self._defaults)
