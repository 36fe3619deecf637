"""What is left, in every format that vendors use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.providers.health.rate_limit_headers import (
    quick_scan,
    read_rate_limits,
    seconds_until_whole,
    shown,
)
from aircherd.vocabulary.availability import Allowance, RateLimitState

NOW = 1_795_000_000.0  # 2026-11-18T11:06:40Z


def read(*headers):
    state = read_rate_limits([(n.encode(), v.encode()) for n, v in headers], now=NOW)
    return state.allowances if state else None


def test_anthropic():
    """Four amounts are counted, resets are RFC 3339."""
    published = read(
        ("anthropic-ratelimit-requests-limit", "50"),
        ("anthropic-ratelimit-requests-remaining", "49"),
        ("anthropic-ratelimit-requests-reset", "2026-11-18T11:06:41Z"),
        ("anthropic-ratelimit-output-tokens-limit", "8000"),
        ("anthropic-ratelimit-output-tokens-remaining", "0"),
        ("anthropic-ratelimit-output-tokens-reset", "2026-11-18T11:07:40+00:00"),
        ("request-id", "req_1"),
    )
    assert published == (
        Allowance(counted="requests", limit=50, remaining=49, reset_at=NOW + 1),
        Allowance(counted="output_tokens", limit=8000, remaining=0, reset_at=NOW + 60),
    )


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("1s", 1),
        ("6m0s", 360),
        ("12ms", 0.012),
        ("2m59.56s", 179.56),
        ("1h0m2.5s", 3602.5),
        ("1d2h", 93_600),
        ("20", 20),
        ("0", 0),
    ],
)
def test_openai_and_groq(reset, seconds):
    """Resets are Go durations, or seconds."""
    (published,) = read(
        ("x-ratelimit-limit-tokens", "30000"),
        ("X-RateLimit-Remaining-Tokens", "29984"),
        ("x-ratelimit-reset-tokens", reset),
    )
    assert (published.counted, published.limit, published.remaining) == ("tokens", 30000, 29984)
    assert published.reset_at == pytest.approx(NOW + seconds)


def test_openrouter():
    """The name has no kind, the reset is in epoch milliseconds."""
    published = read(
        ("X-RateLimit-Limit", "20"),
        ("X-RateLimit-Remaining", "0"),
        ("X-RateLimit-Reset", str(int((NOW + 30) * 1000))),
    )
    assert published == (Allowance(counted="requests", limit=20, remaining=0, reset_at=NOW + 30),)


@pytest.mark.parametrize(
    ("limit", "remaining"),
    [("-1", "-1"), ("0", "0"), ("100", "-1"), ("100", ""), ("100", "many"), ("100", "9" * 30)],
)
def test_meaningless_values_are_ignored(limit, remaining):
    """Azure's -1 and 0 do not mean an exhausted allowance."""
    published = read(
        ("x-ratelimit-limit-requests", limit), ("x-ratelimit-remaining-requests", remaining)
    )
    assert published is None


@pytest.mark.parametrize("reset", ["", "soon", "-5", "nan", "inf", "2999-01-01T00:00:00Z", "5x"])
def test_an_invalid_reset_is_ignored(reset):
    """The count is still valid."""
    (published,) = read(
        ("x-ratelimit-remaining-requests", "7"), ("x-ratelimit-reset-requests", reset)
    )
    assert published == Allowance(counted="requests", remaining=7)


@given(st.binary(max_size=40))
def test_no_bytes_can_break_it(value):
    """The server controls its headers, and may send anything."""
    read_rate_limits(
        [(b"x-ratelimit-remaining-requests", b"1"), (b"x-ratelimit-reset-requests", value)],
        now=NOW,
    )


def test_exhausted_until_is_the_last_reset():
    """An exhausted key waits for every exhausted amount, and for nothing else."""
    some = Allowance(counted="requests", limit=5, remaining=3, reset_at=NOW + 900)
    none = Allowance(counted="tokens", limit=5, remaining=0, reset_at=NOW + 60)
    later = Allowance(counted="input_tokens", limit=5, remaining=0, reset_at=NOW + 90)
    state = RateLimitState(seen_at=NOW, allowances=(some, none, later))
    assert state.exhausted_until(NOW) == NOW + 90
    assert state.exhausted_until(NOW + 70) == NOW + 90
    assert state.exhausted_until(NOW + 91) is None


def test_clients_see_only_known_values():
    """No field without a value."""
    state = RateLimitState(seen_at=NOW, allowances=(Allowance(counted="tokens", remaining=7),))
    assert shown(state) == [{"counted": "tokens", "remaining": 7}]


@pytest.mark.parametrize(
    ("remaining", "seconds"), [("0", 360), ("7", None), ("-1", None), ("\u2713", None)]
)
def test_seconds_until_whole(remaining, seconds):
    """The last reset of what is exhausted decides, and nothing else."""
    headers = {"x-ratelimit-remaining-tokens": remaining, "x-ratelimit-reset-tokens": "6m0s"}
    assert seconds_until_whole(headers, now=NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-reset": "30"}, 30),
        ({"x-ratelimit-reset": "1m30s"}, 90),
        ({"x-ratelimit-reset": str(int(NOW) + 30)}, 30),
        ({"x-ratelimit-reset": str(int(NOW + 30) * 1000)}, 30),
        ({"x-ratelimit-reset": "2026-11-18T11:07:10Z"}, 30),
        ({"x-ratelimit-reset": str(int(NOW) - 30)}, None),
        ({"ratelimit-reset": "30"}, 30),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "30"}, 30),
        ({"x-rate-limit-reset": "30"}, 30),
        ({"x-ratelimit-reset-after": "30"}, 30),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m0s"}, 360),
        ({"x-ratelimit-reset-requests-day": "30"}, 30),
        (
            {
                "x-ratelimit-remaining-requests-day": "0",
                "x-ratelimit-reset-requests-day": "900",
                "x-ratelimit-remaining-tokens-minute": "50",
                "x-ratelimit-reset-tokens-minute": "20",
            },
            900,
        ),
        ({"anthropic-ratelimit-tokens-reset": "2026-11-18T11:07:10Z"}, 30),
        ({"ratelimit": "limit=9, remaining=0, reset=30"}, 30),
        ({"ratelimit": '"burst";r=0;t=30'}, 30),
        ({"ratelimit": '"burst";r=5;t=30'}, None),
        ({"x-ratelimit-limit": "30"}, None),
        ({}, None),
    ],
)
def test_seconds_until_whole_in_other_headers(headers, seconds):
    """Of any window, with a count or without, in any format."""
    assert seconds_until_whole(headers, now=NOW) == seconds


def test_gateways_count_without_a_prefix():
    """As the IETF's draft names the headers."""
    published = read(("RateLimit-Remaining", "0"), ("RateLimit-Reset", "30"))
    assert published == (Allowance(counted="requests", remaining=0, reset_at=NOW + 30),)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], "silent"),
        ([(b"content-type", b"0"), (b"x-remaining", b"0")], "silent"),
        ([(b"X-RateLimit-Remaining-Tokens", b"10")], "left"),
        ([(b"x-ratelimit-limit-requests", b"0")], "left"),
        ([(b"x-ratelimit-limit-requests", b"9"), (b"X-RateLimit-Remaining", b"0")], "spent"),
        ([(b"anthropic-ratelimit-tokens-remaining", b"0")], "spent"),
    ],
)
def test_quick_scan(headers, expected):
    """It decides whether parsing is worth while."""
    assert quick_scan(headers) == expected
