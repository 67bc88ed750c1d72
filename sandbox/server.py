"""A small HTTP/1.1 server over plain sockets: one thread per connection, one process.

Plain sockets because a simulated provider must be able to misbehave on the wire: reset a connection, send half an
answer, one byte at a time, or none at all. WSGI servers rightly make that impossible.
"""

from __future__ import annotations

import logging
import socket
import struct
import threading
import time
from http import HTTPStatus
from typing import BinaryIO, cast

from sandbox.web import Handler, Request, Response, Wire

log = logging.getLogger("sandbox.server")

BODY_LIMIT = 64 * 1024 * 1024
HEADER_LIMIT = 64 * 1024
REASONS = {status.value: status.phrase for status in HTTPStatus}


class Garbled(Exception):
    """What arrived is not HTTP we can read; the connection is closed."""


class Server:
    """Serves a handler on host:port. Port 0 lets the system choose; `port` then says which."""

    def __init__(self, handler: Handler, host: str = "127.0.0.1", port: int = 0) -> None:
        self._handler = handler
        self.host = host
        self._listener = self._listen(port)
        self.port: int = self._listener.getsockname()[1]
        self._stopped = threading.Event()
        self._dark_until = 0.0

    @property
    def url(self) -> str:
        """The origin this server answers on."""
        return f"http://{self.host}:{self.port}"

    def _listen(self, port: int) -> socket.socket:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.host, port))
        listener.listen(1024)
        listener.settimeout(0.25)
        return listener

    def serve(self) -> None:
        """Accept connections until `stop`, then close the port."""
        while not self._stopped.is_set():
            if self._dark():
                self._stay_dark()
                continue
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()
        self._listener.close()

    def stop(self) -> None:
        """Stop accepting; connections under way end with the process."""
        self._stopped.set()

    def go_dark(self, seconds: float) -> None:
        """Refuse every connection for some seconds, as a provider that is down does."""
        self._dark_until = time.monotonic() + seconds

    def _dark(self) -> bool:
        return time.monotonic() < self._dark_until

    def _stay_dark(self) -> None:
        self._listener.close()
        while self._dark() and not self._stopped.wait(0.02):
            pass
        self._listener = self._listen(self.port)

    def _converse(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = cast(BinaryIO, connection.makefile("rb", 65536))
        try:
            while not self._stopped.is_set():
                request = read_request(reader, connection)
                if request is None or self._dark():
                    return
                response = self._answer(request)
                keep = request.headers.get("connection", "").lower() != "close"
                if not send(connection, response, keep) or not keep:
                    return
        except (OSError, Garbled) as error:
            log.debug("connection ended: %s", error)
        finally:
            reader.close()
            connection.close()

    def _answer(self, request: Request) -> Response:
        try:
            return self._handler(request)
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            return Response(500, b'{"errors":{"code":"internal_server_error","title":"Internal Server Error"}}')


def read_request(reader: BinaryIO, connection: socket.socket) -> Request | None:
    """The next request on a connection, or None when the other side has closed it. Raises Garbled."""
    line = reader.readline(HEADER_LIMIT)
    if not line:
        return None
    words = line.decode("latin-1").split()
    if len(words) != 3:
        raise Garbled("not a request line")
    headers = _read_headers(reader)
    if "chunked" in headers.get("transfer-encoding", ""):
        raise Garbled("chunked bodies are not spoken here")
    stated = headers.get("content-length") or "0"
    if not (stated.isascii() and stated.isdigit()) or int(stated) > BODY_LIMIT:
        raise Garbled("no usable content length")
    length = int(stated)
    if headers.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = reader.read(length) if length else b""
    if len(body) < length:
        raise Garbled("the body ended early")
    path, _, query = words[1].partition("?")
    return Request(words[0], path, query, headers, body, headers.get("host", ""))


def _read_headers(reader: BinaryIO) -> dict[str, str]:
    headers: dict[str, str] = {}
    while True:
        line = reader.readline(HEADER_LIMIT)
        if line in (b"\r\n", b"\n"):
            return headers
        if not line:
            raise Garbled("the headers ended early")
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()


def send(connection: socket.socket, response: Response, keep: bool) -> bool:
    """Send an answer; False when the connection is of no further use."""
    head = [f"HTTP/1.1 {response.status} {REASONS.get(response.status, 'Unknown')}"]
    head.append(f"Content-Type: {response.content_type}")
    head.append(f"Content-Length: {len(response.body)}")
    head.extend(f"{name}: {value}" for name, value in response.headers.items())
    head.append("Connection: keep-alive" if keep else "Connection: close")
    start = ("\r\n".join(head) + "\r\n\r\n").encode("latin-1")
    if response.wire is not None:
        return _misbehave(connection, response.wire, start, response.body)
    connection.sendall(start + response.body)
    return True


def _misbehave(connection: socket.socket, wire: Wire, start: bytes, body: bytes) -> bool:
    if wire.kind == "silence":
        wire.over.wait(wire.seconds)
        return False
    if wire.kind == "truncated":
        connection.sendall(start + body[: len(body) // 2])
        return False
    if wire.kind == "drip":
        connection.sendall(start)
        for at in range(len(body)):
            connection.sendall(body[at : at + 1])
            if wire.over.wait(wire.seconds):
                connection.sendall(body[at + 1 :])
                return True
        return True
    # A linger time of zero makes close() send RST instead of FIN.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False
