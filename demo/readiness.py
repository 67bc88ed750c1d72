"""Waiting for the portal to say that it is ready."""

from __future__ import annotations

import requests

from demo.processes import until

WAIT_SECONDS = 120.0


def wait_ready(url: str, seconds: float = WAIT_SECONDS) -> str | None:
    """None as soon as `<url>/health/ready` answers 200, else what it said last when the time was over."""
    said = "nothing"
    with requests.Session() as session:
        session.trust_env = False  # a proxy of the machine has no business between us and ourselves
        for _ in until(seconds, pause=0.2):
            try:
                answer = session.get(f"{url}/health/ready", timeout=5)
            except requests.RequestException:
                continue
            if answer.status_code == 200:
                return None
            said = f"{answer.status_code} {answer.text[:300]}"
    return said
