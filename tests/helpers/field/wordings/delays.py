"""Times to come back, in headers, fields and sentences.

Each row is a name, header lines, a body, an outcome, and the seconds to be left alone, at least.
"""

import time
from email.utils import formatdate

from helpers.field.forms import anthropic, google, openai

NOW = time.time()
HOUR, DAY = 3600, 86400
LATER, FAR = 5 * HOUR, 3 * HOUR
"""A date is reckoned from the start of the tests: it is closer when its row is tried."""

RATE, QUOTA = "rate_limited", "quota_exhausted"


def iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW + seconds))


def clock(seconds: float, zone: int = 0) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(NOW + seconds + zone * HOUR))


def http(seconds: float, pattern: str) -> str:
    return time.strftime(pattern, time.gmtime(NOW + seconds))


HEADERS = [
    ("list", ["retry-after: 300, 300"], 290),
    ("words", ["retry-after: 300 seconds"], 290),
    ("clock", ["retry-after: 00:05:00"], 290),
    ("iso-duration", ["retry-after: PT5M"], 290),
    ("quoted", ['retry-after: "300"'], 290),
    ("fraction", ["retry-after: 300.5"], 290),
    ("go", ["retry-after: 5m0s"], 290),
    ("epoch", [f"retry-after: {int(NOW + LATER)}"], FAR),
    ("epoch-ms", [f"retry-after: {int(NOW + LATER) * 1000}"], FAR),
    ("iso", [f"retry-after: {iso(LATER)}"], FAR),
    ("zone", [f"retry-after: {formatdate(NOW + LATER)}"], FAR),
    ("rfc850", [f"retry-after: {http(LATER, '%A, %d-%b-%y %H:%M:%S GMT')}"], FAR),
    ("asctime", [f"retry-after: {http(LATER, '%a %b %d %H:%M:%S %Y')}"], FAR),
    ("ms", ["retry-after-ms: 300000"], 290),
    ("ms-first", ["retry-after: 1", "retry-after-ms: 300000"], 290),
    ("reset-after", ["x-ratelimit-reset-after: 300"], 290),
    ("reset", ["ratelimit-reset: 300"], 290),
    ("reset-dash", [f"x-rate-limit-reset: {int(NOW + LATER)}"], FAR),
    ("draft", ['ratelimit: "default";r=0;t=300'], 290),
    ("spent-requests", ["x-ratelimit-remaining-requests: 0", "x-ratelimit-reset-requests: 5m0s"], 290),
    ("spent-tokens", ["x-ratelimit-remaining-tokens: 0", "x-ratelimit-reset-tokens: 300"], 290),
    ("minute", ["x-ratelimit-remaining-requests-minute: 0", "x-ratelimit-reset-requests-minute: 59"], 50),
    ("anthropic", ["anthropic-ratelimit-requests-remaining: 0", f"anthropic-ratelimit-requests-reset: {iso(LATER)}"], FAR),
    ("unified", [f"anthropic-ratelimit-unified-reset: {int(NOW + 3 * HOUR)}"], 10_000),
]  # fmt: skip

FIELDS = [
    ("camel", {"retryAfter": "300s"}),
    ("seconds", {"retry_after_seconds": 300}),
    ("parameters", {"parameters": {"retry_after": 300}}),
    ("metadata", {"metadata": {"retry_after_seconds": 300}}),
    ("retry-in", {"retry_in": 300}),
    ("reset-seconds", {"reset_seconds": 300}),
    ("resets-in", {"resets_in": "300s"}),
    ("wait-seconds", {"wait_seconds": 300}),
    ("wait-time", {"wait_time": 300}),
    ("reset-epoch", {"reset": int(NOW + LATER)}),
    ("nested", {"rate_limit": {"reset_at": iso(LATER)}}),
    ("next-available", {"next_available_at": iso(LATER)}),
    ("available", {"available_at": iso(LATER)}),
    ("retry-at", {"retry_at": iso(LATER)}),
    ("try-again", {"try_again_in": 300}),
    ("cooldown", {"cooldown": 300}),
    ("reset-time", {"resetTime": iso(LATER)}),
    ("delay", {"quotaResetDelay": "300s"}),
    ("protobuf", {"details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": {"seconds": "300"}}]}),
    ("model-cooldown", {"code": "model_cooldown", "reset_seconds": 300, "reset_time": "5m0s"}),
]  # fmt: skip

TEXTS = [
    "Please retry after 300 seconds.",
    "Retry after 5 minutes",
    "Try again in 5m 0s",
    "Please try again in 5m0s.",
    "Please wait for 300s",
    "You can retry in 300 sec",
    "Limit resets in 300 seconds",
    "Next request allowed in 300s",
    "Available again in 5 minutes",
    "cooldown: 300s remaining",
    "Rate limited. 300 seconds left",
    f"Rate limited until {iso(LATER)}",
    "Request was throttled. Expected available in 300 seconds.",
    "Your rate limit resets in ~300s.",
    "Rate limit (reset after 5m)",
    "请在 300 秒后重试",
    "请等待5分钟后再试",
    "请求过于频繁 请300秒后再试",
]

LONG = [
    ("kimi-hours", openai("You've reached your 5-hour usage limit. It resets in 2 hours 10 minutes"), 7000),
    ("router", openai("All accounts have exhausted their quota (reset after 140h 21m 10s)"), 500_000),
    ("router-short", openai("All accounts have exhausted their quota (reset after 5m)"), 250),
    ("zhipu-hours", openai(f"已达到 5 小时的使用上限 您的限额将在 {clock(3 * HOUR, 8)} 重置", "1308"), 10_000),
    ("zhipu-week", openai(f"已达到每周/每月使用上限 您的限额将在 {clock(3 * DAY, 8)} 重置", "1310"), 250_000),
    ("go-plan", {"error": {"type": "GoUsageLimitError", "message": "Weekly usage limit reached. Resets in 6hr 29min."}}, 23_000),
    ("codex", {"error": {"type": "usage_limit_reached", "message": "The usage limit has been reached", "resets_at": int(NOW + 3 * DAY)}}, 250_000),
    ("code-assist", google(429, "RESOURCE_EXHAUSTED", "You have exhausted your capacity on this model. Your quota will reset after 2h7m23s.", {"reason": "QUOTA_EXHAUSTED"}), 7000),
    ("github-models", {"error": {"code": "RateLimitReached", "message": "Rate limit of 50 per 86400s exceeded for UserByModelByDay. Please wait 40000 seconds before retrying."}}, 39_000),
    ("claude", anthropic("You've hit your weekly limit. It resets at " + iso(3 * DAY), "rate_limit_error"), 250_000),
]  # fmt: skip

ROWS: list[tuple[str, list[str], object, str, float]] = [
    *((f"header-{name}", lines, openai("slow down"), RATE, least) for name, lines, least in HEADERS),
    *((f"field-{name}", [], {"error": {"message": "slow down", **each}}, RATE, 250) for name, each in FIELDS),
    *((f"text-{at}", [], openai(text), RATE, 250) for at, text in enumerate(TEXTS)),
    *((name, [], body, QUOTA, least) for name, body, least in LONG),
    ("copilot-weeks", [f"retry-after: {14 * DAY}"], b"quota exceeded", QUOTA, 14 * DAY - 100),
    ("claude-week", [f"retry-after: {3 * DAY}", "anthropic-ratelimit-unified-status: rejected"], anthropic("This request would exceed your account's rate limit.", "rate_limit_error"), QUOTA, 250_000),
    ("zen-free", [f"retry-after: {9 * HOUR}"], {"error": {"type": "FreeUsageLimitError", "message": "Rate limit exceeded."}}, QUOTA, 30_000),
    ("router-day", [], {"error": {"message": "Rate limit exceeded: free-models-per-day", "code": 429, "metadata": {"headers": {"X-RateLimit-Reset": str(int(NOW + 5 * HOUR) * 1000)}}}}, QUOTA, 4 * HOUR),
]  # fmt: skip
