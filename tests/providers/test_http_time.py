"""What holds when the wire itself misbehaves: every call ends at its deadline by the wall clock."""

from __future__ import annotations

import multiprocessing
import socket
import struct
import threading
import time

import pytest

from providers.errors import Malformed, Retryable
from providers.http import Call, HttpClient
from tests.providers.servers import HEAD, answer, drip, read_request, serving

DEADLINE = 0.8


class Counting:
    """A breaker that never opens and counts."""

    def __init__(self) -> None:
        self.good = self.bad = 0

    def before(self) -> float:
        return 0.0

    def succeeded(self) -> None:
        self.good += 1

    def failed(self) -> None:
        self.bad += 1


def silence(connection: socket.socket, over: threading.Event) -> None:
    read_request(connection)
    over.wait(20)


def reset_mid_body(connection: socket.socket, over: threading.Event) -> None:
    read_request(connection)
    connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n" + b'{"data":')
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close_mid_body(connection: socket.socket, over: threading.Event) -> None:
    read_request(connection)
    connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n" + b'{"data":')


def hang_up(connection: socket.socket, over: threading.Event) -> None:
    read_request(connection)


@pytest.mark.parametrize(
    "behave",
    [
        drip(b"x" * 100),
        drip(b"x" * 100, before=HEAD + b"Content-Length: 100\r\n\r\n"),
        drip(b'{"data": []' + b" " * 100, before=HEAD + b"Connection: close\r\n\r\n"),
        drip(b"1\r\nx\r\n" * 20, before=HEAD + b"Transfer-Encoding: chunked\r\n\r\n"),
        drip(b"a" * 100, before=b"HTTP/1.1 200 OK\r\nX-Slow: "),
        silence,
    ],
    ids=["status line", "body", "body without a length", "chunks", "headers", "silence"],
)
def test_a_slow_provider_is_cut_at_the_deadline_and_the_write_is_in_doubt(behave):
    calls: list[Call] = []
    breaker = Counting()

    with serving(behave) as url:
        client = HttpClient(url, {}, deadline=DEADLINE, breaker=breaker, journal=calls.append)
        started = time.monotonic()
        with pytest.raises(Retryable) as caught:
            client.request("POST", "/availability", json={"values": []})
        took = time.monotonic() - started

    assert took < DEADLINE + 0.6
    assert caught.value.ambiguous
    assert [call.id for call in calls] == [caught.value.call_id]
    assert breaker.bad == 1 and breaker.good == 0


@pytest.mark.parametrize("behave", [reset_mid_body, close_mid_body, hang_up])
def test_a_broken_line_may_be_tried_again_and_leaves_a_write_in_doubt(behave):
    calls: list[Call] = []

    with serving(behave) as url:
        client = HttpClient(url, {}, deadline=5, journal=calls.append)
        with pytest.raises(Retryable) as written:
            client.request("POST", "/availability", json={"values": []})
        with pytest.raises(Retryable) as read:
            client.request("GET", "/availability")

    assert (written.value.ambiguous, read.value.ambiguous) == (True, False)
    assert len(calls) == 2 and all(call.error for call in calls)


def test_a_refused_connection_leaves_nothing_in_doubt():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(Retryable) as caught:
        HttpClient(f"http://127.0.0.1:{port}", {}).request("POST", "/availability", json={})

    assert not caught.value.ambiguous


def test_truncated_json_is_no_success():
    def behave(connection, over):
        read_request(connection)
        connection.sendall(answer(b'{"data": [{"id": "a"'))

    with serving(behave) as url, pytest.raises(Malformed):
        HttpClient(url, {}).request("GET", "/properties")


def test_a_packed_answer_is_measured_unpacked():
    import gzip

    packed = gzip.compress(b" " * 3_000_000)

    def behave(connection, over):
        read_request(connection)
        connection.sendall(answer(packed, b"Content-Encoding: gzip"))

    with serving(behave) as url, pytest.raises(Malformed, match="larger"):
        HttpClient(url, {}, max_bytes=1_000_000).request("GET", "/properties")


def keep_alive(connection: socket.socket, over: threading.Event) -> None:
    peer = connection.getpeername()[1]
    while read_request(connection):
        connection.sendall(answer(b'{"data": %d}' % peer, b"Set-Cookie: session=1; Path=/"))


def test_calls_share_connections_between_clients_but_no_cookie():
    requests_seen: list[bytes] = []

    def behave(connection, over):
        while request := read_request(connection):
            requests_seen.append(request)
            connection.sendall(answer(b'{"data": %d}' % connection.getpeername()[1], b"Set-Cookie: session=1; Path=/"))

    with serving(behave) as url:
        ports = {HttpClient(url, {"user-api-key": name}).request("GET", "/x").json["data"] for name in "abc"}

    assert len(ports) == 1
    assert len(requests_seen) == 3 and not any(b"cookie:" in request.lower() for request in requests_seen)


def _port_used(url: str, results) -> None:
    results.put(HttpClient(url, {}).request("GET", "/x").json["data"])


def test_a_forked_child_makes_its_own_connection():
    context = multiprocessing.get_context("fork")
    results = context.Queue()

    with serving(keep_alive) as url:
        ours = HttpClient(url, {}).request("GET", "/x").json["data"]
        child = context.Process(target=_port_used, args=(url, results))
        child.start()
        theirs = results.get(timeout=20)
        child.join(20)
        again = HttpClient(url, {}).request("GET", "/x").json["data"]

    assert theirs != ours
    assert again == ours


def test_a_call_that_ends_in_time_leaves_its_connection_alone_afterwards():
    with serving(keep_alive) as url:
        client = HttpClient(url, {}, deadline=0.3)
        first = client.request("GET", "/x").json["data"]
        ends = time.monotonic() + 0.7
        ports = set()
        while time.monotonic() < ends:
            ports.add(client.request("GET", "/x").json["data"])

    assert ports == {first}
