"""From a status and a body to an answer or one of our errors; what the journal keeps of it."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import responses

from providers.errors import AuthFailed, Malformed, NotFound, RateLimited, Rejected, Retryable
from providers.http import Call, HttpClient

BASE = "https://channex.example.test/api/v1"


def make_client(**kwargs) -> HttpClient:
    return HttpClient(BASE, {"user-api-key": "master-key-4711"}, **kwargs)


@pytest.fixture
def wire():
    with responses.RequestsMock() as wire:
        yield wire


class ScriptedBreaker:
    def __init__(self, wait: float = 0.0) -> None:
        self.wait = wait
        self.heard: list[str] = []

    def before(self) -> float:
        return self.wait

    def succeeded(self) -> None:
        self.heard.append("succeeded")

    def failed(self) -> None:
        self.heard.append("failed")


def test_a_success_gives_its_json_and_the_journal_entry(wire):
    calls: list[Call] = []
    wire.get(f"{BASE}/properties", json={"data": []}, headers={"x-request-id": "req-1"})

    answer = make_client(journal=calls.append).request("GET", "/properties", params={"pagination[page]": 1})

    assert (answer.status, answer.json) == (200, {"data": []})
    (call,) = calls
    assert call.id == answer.call_id and uuid.UUID(call.id).version == 7
    assert (call.method, call.path, call.status) == ("GET", "/properties?pagination[page]=1", 200)
    assert call.at.tzinfo is UTC and call.milliseconds >= 0
    assert (call.request_body, call.response_body, call.error) == (None, '{"data":[]}', None)
    assert call.provider_request_id == "req-1"
    assert wire.calls[0].request.headers["user-api-key"] == "master-key-4711"


def test_ids_made_later_sort_later():
    from providers.http import uuid7

    ids = [uuid7() for _ in range(2000)]

    assert len(set(ids)) == 2000
    assert [identity[:13] for identity in ids] == sorted(identity[:13] for identity in ids)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, AuthFailed),
        (403, AuthFailed),
        (404, NotFound),
        (400, Rejected),
        (409, Rejected),
        (422, Rejected),
        (408, Retryable),
        (429, RateLimited),
        (500, Retryable),
        (502, Retryable),
        (503, Retryable),
        (301, Malformed),
        (302, Malformed),
    ],
)
def test_a_status_decides_who_is_to_act(wire, status, kind):
    calls: list[Call] = []
    wire.get(f"{BASE}/x", json={}, status=status, headers={"Location": "https://elsewhere.example.test/"})

    with pytest.raises(kind) as caught:
        make_client(journal=calls.append).request("GET", "/x")

    assert type(caught.value) is kind
    assert caught.value.call_id == calls[0].id
    assert calls[0].status == status and calls[0].error and len(calls) == 1
    assert len(wire.calls) == 1  # neither a retry nor a redirect was followed


def test_a_refusal_keeps_the_code_and_the_fields(wire):
    body = {
        "errors": {"code": "validation_error", "title": "Validation Error", "details": {"title": ["can't be blank"]}}
    }
    wire.post(f"{BASE}/groups", json=body, status=422)

    with pytest.raises(Rejected) as caught:
        make_client().request("POST", "/groups", json={"group": {}})

    assert caught.value.code == "validation_error" and caught.value.status == 422
    assert caught.value.fields == {"title": ["can't be blank"]}
    assert "title can't be blank" in str(caught.value)


@pytest.mark.parametrize("details", [None, ["date is required"], "odd", {"a": "b"}, {"a": {"b": 1}}, 7])
def test_details_of_any_shape_are_read(wire, details):
    wire.get(
        f"{BASE}/x", json={"errors": {"code": "bad_request", "title": "Bad Request", "details": details}}, status=400
    )

    with pytest.raises(Rejected, match="Bad Request"):
        make_client().request("GET", "/x")


def test_writes_that_met_a_failing_server_are_in_doubt_unless_it_never_began(wire):
    doubts = {}
    for method, status in [("POST", 500), ("POST", 502), ("POST", 503), ("GET", 500)]:
        wire.add(method, f"{BASE}/{status}", json={}, status=status)
        with pytest.raises(Retryable) as caught:
            make_client().request(method, f"/{status}", json={} if method == "POST" else None)
        doubts[method, status] = caught.value.ambiguous

    assert doubts == {("POST", 500): True, ("POST", 502): True, ("POST", 503): False, ("GET", 500): False}


AT = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
QUOTAS = '"availability";r=0;t=21, "availability";r=12;t=3, "availability";r=0;t=3561'


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "30"}, 30),
        ({"Retry-After": "0"}, 1),
        ({"Retry-After": "1.5"}, 2),
        (
            {
                "Retry-After": format_datetime(AT + timedelta(seconds=45), usegmt=True),
                "Date": format_datetime(AT, usegmt=True),
            },
            45,
        ),
        ({"Retry-After": format_datetime(AT - timedelta(days=9999), usegmt=True)}, 1),
        ({"Retry-After": "99999999"}, 86400),
        ({"RateLimit": QUOTAS}, 21),
        ({"RateLimit": QUOTAS, "Retry-After": "7"}, 7),
        ({"RateLimit": '"availability";r=4;t=3'}, 60),
        ({"Retry-After": "soon"}, 60),
        ({"Retry-After": "-5"}, 60),
        ({"Retry-After": "NaN"}, 60),
        ({}, 60),
    ],
)
def test_a_429_says_when_to_come_back(wire, headers, seconds):
    limited: list[tuple[str, float]] = []
    wire.post(f"{BASE}/availability", json={}, status=429, headers=headers)
    client = make_client(limited=lambda bucket, wait: limited.append((bucket, wait)))

    with pytest.raises(RateLimited) as caught:
        client.request("POST", "/availability", json={}, bucket="availability:p1")

    assert caught.value.retry_after == seconds
    assert limited == [("availability:p1", seconds)]


def test_a_failing_server_may_also_say_when_to_come_back(wire):
    wire.get(f"{BASE}/x", json={}, status=503, headers={"Retry-After": "120"})

    with pytest.raises(Retryable) as caught:
        make_client().request("GET", "/x")

    assert caught.value.retry_after == 120


@pytest.mark.parametrize(
    "body",
    [b"<html><body>Welcome</body></html>", b"", b'{"data": [', b"\xff\xfe", b"[" * 100_000, b"data"],
    ids=["html", "empty", "truncated", "not utf-8", "deep", "bare word"],
)
@pytest.mark.parametrize("status", [200, 201])
def test_a_success_that_is_not_json_is_none(wire, body, status):
    calls: list[Call] = []
    wire.get(f"{BASE}/x", body=body, status=status)

    with pytest.raises(Malformed) as caught:
        make_client(journal=calls.append).request("GET", "/x")

    assert caught.value.call_id == calls[0].id


def test_a_success_without_a_body_is_none(wire):
    wire.get(f"{BASE}/x", body=b"", status=204)

    with pytest.raises(Malformed):
        make_client().request("GET", "/x")


def test_an_answer_above_the_cap_is_not_read_to_its_end(wire):
    wire.get(f"{BASE}/x", body=b"[" + b"1," * 200_000 + b"1]")

    with pytest.raises(Malformed, match="larger than 100000 bytes"):
        make_client(max_bytes=100_000).request("GET", "/x")


def test_our_own_limit_is_kept_without_calling(wire):
    asked: list[str] = []

    def limiter(bucket: str) -> float:
        asked.append(bucket)
        return 4.5

    with pytest.raises(RateLimited) as caught:
        make_client(limiter=limiter).request("POST", "/availability", json={}, bucket="availability:p1")

    assert caught.value.retry_after == 4.5
    assert asked == ["availability:p1"]


def test_an_open_breaker_is_obeyed_without_calling(wire):
    calls: list[Call] = []
    breaker = ScriptedBreaker(wait=12)

    with pytest.raises(Retryable) as caught:
        make_client(breaker=breaker, journal=calls.append).request("GET", "/x")

    assert caught.value.retry_after == 12 and not caught.value.ambiguous
    assert (calls, breaker.heard) == ([], [])


def test_only_a_failing_provider_counts_against_it(wire):
    heard = {}
    for status in (200, 401, 403, 404, 422, 429, 500, 503):
        breaker = ScriptedBreaker()
        wire.get(f"{BASE}/{status}", json={}, status=status)
        try:
            make_client(breaker=breaker).request("GET", f"/{status}")
        except (AuthFailed, Rejected, Retryable):
            assert status >= 400
        heard[status] = breaker.heard

    assert heard == {
        **{status: ["succeeded"] for status in (200, 401, 403, 404, 422, 429)},
        **{status: ["failed"] for status in (500, 503)},
    }


def test_the_journal_holds_no_secret_card_or_guest(wire):
    calls: list[Call] = []
    answer = {
        "data": {
            "token": "tok-secret",
            "customer": {"name": "Ana", "mail": "ana@example.test"},
            "deep": [{"guarantee": {"card_number": "4111111111111111", "cvv": "737", "cardholder_name": "ANA"}}],
            "remark": "card 4111 1111 1111 1111 please",
            "signing_key": "sk-secret",
        }
    }
    wire.post(f"{BASE}/webhooks", json=answer)
    body = {"webhook": {"callback_url": "https://pms.example.test", "headers": {"X-Secret": "hook-secret"}}}

    make_client(journal=calls.append).request("POST", "/webhooks", params={"api_key": "query-secret"}, json=body)

    text = repr(calls[0])
    for secret in ("secret", "4111", "737", "ANA", "Ana", "ana@", "master-key-4711"):
        assert secret not in text.replace("X-Secret", "")
    assert "https://pms.example.test" in text and "please" in text


def test_the_journal_keeps_at_most_64_kib_of_a_large_body(wire):
    calls: list[Call] = []
    values = [{"rate_plan_id": str(uuid.uuid4()), "rate": "100.00", "note": "ü"} for _ in range(20_000)]
    wire.post(f"{BASE}/restrictions", json={"data": values})

    make_client(journal=calls.append).request("POST", "/restrictions", json={"values": values})

    for kept in (calls[0].request_body, calls[0].response_body):
        assert 50_000 < len(kept.encode()) <= 65_536
    assert json.loads(wire.calls[0].request.body) == {"values": values}


def test_numbers_never_pass_through_a_float(wire):
    wire.get(f"{BASE}/x", body=b'{"rate": 0.1000000000000000055, "big": 1e400, "odd": NaN, "n": 12}')

    answer = make_client().request("GET", "/x")

    assert answer.json == {"rate": "0.1000000000000000055", "big": "1e400", "odd": "NaN", "n": 12}
