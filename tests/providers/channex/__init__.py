"""Recorded shapes (values invented) and the connector they are fed to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from providers.channex.client import Channex
from providers.http import HttpClient
from providers.registry import connect

BASE = "https://channex.example.test/api/v1"
PROPERTY = "7b1c7a50-0f7e-4d63-9a0e-0c5a4f2d1a01"
ROOM_TYPE = "1d0e6a52-2f6b-4b0a-8f55-3f2f6c9b0b02"
RATE_PLAN = "9c4b1e77-5a35-4f2e-8f0c-2a6d8e1f0c03"
OPTION = "c0ffee00-1111-4222-8333-444455556604"
REVISION = "a1a1a1a1-0000-4000-8000-000000000001"
BOOKING = "b2b2b2b2-0000-4000-8000-000000000001"


def recorded(name: str) -> Any:
    return json.loads((Path(__file__).parent / f"{name}.json").read_text())


def make_channex(**credentials: str) -> Channex:
    connector = connect("channex", {"api_url": BASE, "api_key": "master-key-4711", **credentials}, HttpClient)
    assert isinstance(connector, Channex)
    return connector
