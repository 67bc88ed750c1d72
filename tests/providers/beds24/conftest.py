"""The wire of every Beds24 test: what crosses it must be documented."""

from __future__ import annotations

import pytest
import responses

from tests.providers.beds24 import BASE, documented


@pytest.fixture
def wire():
    with responses.RequestsMock() as wire:
        yield wire
        for call in wire.calls:
            documented.check(BASE, call.request)
