"""Which requests a fault applies to, how often, and with which headers."""

import httpx
import msgspec
import pytest

from aircherd.testing.simulator import Fault, Faults, error_names, open_simulator

BODY = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
NOW = 1_790_000_000.0


def take(faults: Faults, **fields):
    request = {"vendor": "openai", "endpoint": "chat", "key": "k", "model": "m"} | fields
    return faults.take(**request)


def test_a_fault_is_used_up():
    """It applies to `times` requests."""
    faults = Faults()
    fault = Fault("cut", times=2)
    faults.add(fault)
    assert [fault, fault, None] == [take(faults) for _ in range(3)]
    assert len(faults) == 0


def test_a_fault_can_skip_requests():
    """The first `skip` requests are served normally."""
    faults = Faults()
    faults.add(Fault("cut", skip=1, times=None))
    assert [take(faults) is not None for _ in range(3)] == [False, True, True]


@pytest.mark.parametrize(
    ("fields", "other"),
    [
        ({"vendor": "anthropic"}, {"vendor": "anthropic"}),
        ({"key": "k2"}, {"key": "k2"}),
        ({"model": "m2"}, {"model": "m2"}),
        ({"endpoint": "models"}, {"endpoint": "models"}),
    ],
)
def test_a_fault_applies_only_to_matching_requests(fields, other):
    """Vendor, key, model and endpoint are filters."""
    faults = Faults()
    faults.add(Fault("cut", **fields))
    assert None is take(faults)
    assert None is not take(faults, **other)


def test_an_error_without_a_vendor_applies_to_all_that_have_it():
    """OpenAI has no `ramp_limit`; Anthropic has."""
    faults = Faults()
    faults.add(Fault("error", error="ramp_limit"))
    assert None is take(faults)
    assert None is not take(faults, vendor="anthropic")


@pytest.mark.parametrize("fields", [{"error": "no such"}, {"vendor": "unknown"}])
def test_an_impossible_fault_is_refused(fields):
    """A misspelled name is an error at once, not a fault that never applies."""
    with pytest.raises(ValueError, match=r"no error|unknown vendor"):
        Fault("error", **fields)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"kind": "error"} | fields, type=Fault)


@pytest.mark.parametrize("vendor", ["openai", "anthropic", "gemini", "openrouter", "ollama"])
async def test_every_error_of_a_vendor_can_be_sent(vendor):
    """Each row gives an error status and a JSON body."""
    paths = {
        "anthropic": "/v1/messages",
        "gemini": "/models/m:generateContent",
        "openrouter": "/chat/completions",
    }
    path = paths.get(vendor, "/chat/completions" if vendor == "openai" else "/v1/chat/completions")
    async with open_simulator() as simulator, httpx.AsyncClient(trust_env=False) as client:
        for name in error_names(vendor):
            simulator.faults.add(Fault("error", vendor=vendor, error=name))
            response = await client.post(simulator.base_url(vendor) + path, json=BODY)
            blocked = (vendor, name) == ("gemini", "policy")  # no error in Google's eyes
            assert response.status_code >= 400 or blocked
            assert isinstance(response.json(), dict)
        assert len(simulator.faults) == 0


async def answer(fault: Fault, path: str) -> httpx.Response:
    async with open_simulator(clock=lambda: NOW) as simulator:
        simulator.faults.add(fault)
        async with httpx.AsyncClient(trust_env=False) as client:
            return await client.post(simulator.url + path, json=BODY)


@pytest.mark.parametrize(
    ("form", "name", "value"),
    [
        ("seconds", "retry-after", "1.5"),
        ("milliseconds", "retry-after-ms", "1500"),
        ("date", "retry-after", "Mon, 21 Sep 2026 14:13:21 GMT"),
    ],
)
async def test_retry_after_has_several_formats(form, name, value):
    """Seconds, milliseconds or an HTTP date; exactly one header is sent."""
    fault = Fault("error", error="rate_limit", retry_after=1.5, retry_format=form)
    headers = (await answer(fault, "/v1/chat/completions")).headers
    assert {name: value} == {key: text for key, text in headers.items() if "retry" in key}


async def test_a_rate_limit_shows_the_exhausted_limit():
    """OpenAI's Go duration, Anthropic's RFC 3339, OpenRouter's milliseconds."""
    fault = Fault("error", error="rate_limit", retry_format="none", reset=72.5)
    openai = (await answer(fault, "/v1/chat/completions")).headers
    anthropic = (await answer(fault, "/v1/messages")).headers
    openrouter = (await answer(fault, "/api/v1/chat/completions")).headers
    assert (
        openai["x-ratelimit-remaining-requests"],
        openai["x-ratelimit-reset-requests"],
    ) == ("0", "1m12.5s")
    assert (
        anthropic["anthropic-ratelimit-requests-remaining"],
        anthropic["anthropic-ratelimit-requests-reset"],
    ) == ("0", "2026-09-21T14:14:32Z")
    assert openrouter["x-ratelimit-reset"] == "1790000072500"
    assert "retry-after" not in openai


async def test_headers_can_be_added_and_replaced():
    """Those of a fault override the vendor's."""
    fault = Fault("error", error="server", headers={"X-Should-Retry": "false", "date": "never"})
    headers = (await answer(fault, "/v1/chat/completions")).headers
    assert (headers["x-should-retry"], headers["date"]) == ("false", "never")
