"""Connection pools: one for each base URL and process, shared by every tenant, holding nothing of any."""

from __future__ import annotations

import os
import threading
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit

import requests

from providers.deadline import WatchedAdapter

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_sessions: dict[tuple[int, str], requests.Session] = {}
_lock = threading.Lock()


def session_for(base_url: str) -> requests.Session:
    """Return this process' pool for a base URL; a forked child makes its own."""
    key = (os.getpid(), base_url)
    with _lock:
        if key not in _sessions:
            _sessions[key] = _new_session(base_url)
        return _sessions[key]


def _new_session(base_url: str) -> requests.Session:
    session = requests.Session()
    adapter = WatchedAdapter(pool_connections=4, pool_maxsize=16)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # else one tenant's cookie serves another
    session.auth = _keep_our_header  # else a .netrc of the machine would add a password of its own
    session.trust_env = urlsplit(base_url).hostname not in LOOPBACK  # a proxy cannot reach our own loopback
    return session


def _keep_our_header(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _new_lock() -> None:
    """A child forked while another thread held the lock would wait for ever."""
    global _lock
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_new_lock)
