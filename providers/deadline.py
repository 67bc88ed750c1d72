"""One clock for a whole call: connecting, sending, headers and body together.

A read timeout bounds each read, so a server that drips a byte every half second holds a caller for
ever. Here a timer shuts the connection down when the call's time is over, whatever it is doing.
Looking up the host's name is the one step that cannot be cut; the system's resolver bounds it.
"""

from __future__ import annotations

import os
import socket
import threading
from time import monotonic
from types import TracebackType
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_running = threading.local()


class Deadline:
    """The time one call has. `over` tells a call that was cut from one that ended by itself."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.sent = False  # true once bytes of the request may have reached the provider
        self._ends = monotonic() + seconds
        self._cut = False
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._shut_down)
        self._timer.daemon = True

    def __enter__(self) -> Deadline:
        self._timer.start()
        _running.deadline = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _running.deadline = None
        self._timer.cancel()
        with self._lock:
            self._release()

    @property
    def over(self) -> bool:
        return self._cut or monotonic() >= self._ends

    def watch(self, sock: Any) -> None:
        """Take a second handle on the connection: TLS and keep-alive may replace or close the first."""
        with self._lock:
            self._release()
            self._handle = socket.socket(fileno=os.dup(sock.fileno()))
            if self._cut:
                self._close_both_ways()

    def _shut_down(self) -> None:
        with self._lock:
            self._cut = True
            self._close_both_ways()

    def _close_both_ways(self) -> None:
        if self._handle is not None:
            try:
                self._handle.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # already closed by the other side: nothing is left to cut

    def _release(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None


def _watched() -> Deadline | None:
    return getattr(_running, "deadline", None)


class _Watched:
    """Tells the running deadline which connection the call is on."""

    def _new_conn(self) -> socket.socket:
        sock: socket.socket = super()._new_conn()  # type: ignore[misc]
        deadline = _watched()
        if deadline is not None:
            deadline.watch(sock)
        return sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:  # type: ignore[attr-defined]
            self.connect()  # type: ignore[attr-defined]
        deadline = _watched()
        if deadline is not None:
            deadline.watch(self.sock)  # type: ignore[attr-defined]
            deadline.sent = True
        super().request(*args, **kwargs)  # type: ignore[misc]


class _Connection(_Watched, HTTPConnection):
    pass


class _SecureConnection(_Watched, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class WatchedAdapter(HTTPAdapter):
    """A connection pool whose connections can be cut by a `Deadline`."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
        return manager
