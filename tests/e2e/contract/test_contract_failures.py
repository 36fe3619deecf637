"""The contract of all adapters for failures: every error, and every interruption."""

from contextlib import aclosing

import pytest
import trio

from aircherd.config.model import Network
from aircherd.memory.request_memory import uncounted
from aircherd.providers.error_mapping.google_details import read_details
from aircherd.testing.simulator.errors.table import ROWS
from aircherd.vocabulary.failure import FailureClass
from helpers.providers.contract import Bench, open_bench
from helpers.providers.contract_apis import APIS
from helpers.providers.provider_calls import CANARY, a_request

F = FailureClass
BOTH = pytest.mark.parametrize("stream", [True, False])
PROMPT = "one two three"
PATIENCE = 20.0
"""Seconds before a test gives up on what should happen at once."""

CLASSES = {
    F.AUTH: "refused_key missing_key leaked_key xai_key",
    F.PERMISSION: "permission",
    F.ACCOUNT: "organization_on_hold disabled suspended location",
    F.QUOTA: "quota credit_balance organization_spend_limit project_spend_limit "
    "organization_usage_limit contract_spend_limit usage_limits workspace_usage_limits billing "
    "budget daily_quota no_free_tier prepayment deepseek_balance zai_balance",
    F.RATE: "rate_limit token_rate_limit request_over_limit ramp_limit in_flight_budget "
    "provider_rate_limit mistral_flat",
    F.OVERLOADED: "overloaded slow_down unavailable compaction_unavailable groq_capacity",
    F.CONTEXT: "context context_with_output input_length vllm_context vllm_flat llama_cpp_context "
    "kimi_context",
    F.REQUEST_SIZE: "too_large",
    F.REFUSED: "bad_request deepseek_parameters locked",
    F.POLICY: "policy invalid_prompt",
    F.MODEL: "model_not_found groq_retired nvidia_retired",
    F.UNSUPPORTED: "no_tools no_thinking no_chat no_level kimi_temperature",
    F.SERVER: "server timeout conflict lm_studio tgi_generation",
    F.PROTOCOL: "method not_found fastapi_not_found",
}
"""What each error means, by the names that the simulated vendors share."""

MEANING = {name: kind for kind, names in CLASSES.items() for name in names.split()}


ERRORS = [(api, error) for api in APIS for error in ROWS[APIS[api].vendor]]


def test_every_error_has_its_class() -> None:
    """The table above has each of the simulator's errors, and no other."""
    assert MEANING.keys() == {error for rows in ROWS.values() for error in rows}


# ------------------------------------------------------------------ errors


@pytest.mark.parametrize(("name", "error"), ERRORS)
async def test_error(name: str, error: str) -> None:
    """Every error has its class, status, message and delay; none contains the key."""
    api = APIS[name]
    row = ROWS[api.vendor][error]
    async with open_bench(api) as bench:
        bench.meet("error", error=error)
        failure = await bench.refused(PROMPT)
    assert failure.kind is MEANING[error]
    assert failure.status == (row.status if row.status != 200 else None)
    assert failure.message
    assert CANARY not in failure.message
    wait = read_details(row.details).retry_after if row.retry_after is None else row.retry_after
    if wait is not None and failure.kind is not F.QUOTA:  # Google sends a delay that does not help
        assert failure.retry_after == wait


async def test_wrong_key(bench: Bench) -> None:
    """A refused key is reported, and not repeated."""
    bench.sim.keys.revoke(bench.api.vendor)
    failure = await bench.refused(PROMPT)
    assert failure.kind is F.AUTH
    assert CANARY not in failure.message


@pytest.mark.parametrize("error", ["overloaded", "server", "bad_request"])
async def test_error_in_a_stream(bench: Bench, error: str) -> None:
    """After a 200 and the first text, an error keeps its class."""
    bench.meet("stream_error", error=error, after=1)
    outcome = await bench.try_to_ask(PROMPT)
    assert outcome.failure is not None
    # Ollama's errors have only a message, and not every message says enough.
    is_unexplained = bench.api.kind == "ollama" and error == "bad_request"
    expected = F.SERVER if is_unexplained else MEANING[error]
    assert (outcome.text, outcome.failure.kind) == ("one", expected)


async def test_error_in_a_whole_reply(bench: Bench) -> None:
    """It keeps its class, whatever the status is."""
    bench.meet("stream_error", error="overloaded")
    outcome = await bench.try_to_ask(PROMPT, stream=False)
    assert outcome.failure is not None
    assert (outcome.text, outcome.failure.kind) == ("", F.OVERLOADED)


@BOTH
async def test_200_with_an_error_inside(bench: Bench, stream: bool) -> None:
    """An error body with status 200 is an error."""
    row = ROWS[bench.api.vendor]["server"]
    bench.meet("error", error="server")
    await bench.refused(PROMPT)
    bench.meet("error", error="server")
    _, body = await bench.again()
    bench.meet("answer", status=200, content_type="application/json", body=body)
    outcome = await bench.try_to_ask(PROMPT, stream=stream)
    assert outcome.failure is not None
    assert (outcome.text, outcome.failure.kind) == ("", F.SERVER)
    assert row.message in outcome.failure.message


# ------------------------------------------------------------------ interruptions


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("truncate", F.TRUNCATED), ("cut", F.NETWORK), ("reset", F.NETWORK)],
)
async def test_broken_stream(bench: Bench, kind: str, expected: FailureClass) -> None:
    """A truncated stream is never a success; its text is kept."""
    bench.meet(kind, after=2)
    outcome = await bench.try_to_ask(PROMPT)
    assert outcome.failure is not None
    assert (outcome.failure.kind, outcome.finish) == (expected, None)
    assert PROMPT.startswith(outcome.text)


async def test_no_end_mark(bench: Bench) -> None:
    """Without its last event a reply is truncated, unless the API's end mark is redundant."""
    bench.meet("no_end_marker")
    outcome = await bench.try_to_ask(PROMPT)
    assert outcome.text == PROMPT
    if bench.api.ends_unmarked:
        assert (outcome.failure, outcome.finish) == (None, "stop")
    else:
        assert outcome.failure is not None
        assert outcome.failure.kind is F.TRUNCATED


@pytest.mark.parametrize("kind", ["cut", "reset"])
@pytest.mark.parametrize("after", [None, 1])
async def test_broken_whole_reply(bench: Bench, kind: str, after: int | None) -> None:
    """A truncated or empty whole reply is a failure."""
    bench.meet(kind, after=after)
    outcome = await bench.try_to_ask(PROMPT, stream=False)
    assert outcome.failure is not None
    assert (outcome.failure.kind, outcome.parts) == (F.NETWORK, [])


@pytest.mark.parametrize(
    ("after", "network"),
    [
        (None, Network(first_byte_timeout=0.1)),
        (0, Network(first_byte_timeout=0.1, idle_timeout=0.1)),
        (1, Network(idle_timeout=0.1)),
    ],
)
async def test_stalled(bench: Bench, after: int | None, network: Network) -> None:
    """A stalled stream is aborted at its deadline, and closed."""
    bench.network = network
    bench.meet("stall", after=after)
    with trio.fail_after(PATIENCE):
        outcome = await bench.try_to_ask(PROMPT)
        await bench.last.disconnected.wait()
    assert outcome.failure is not None
    assert (outcome.failure.kind, outcome.finish) == (F.TIMEOUT, None)


async def test_cancelled(bench: Bench) -> None:
    """A cancelled chat closes its connection at once, and the connection is not reused."""
    bench.meet("stall", after=1)
    with trio.CancelScope() as scope:
        async with aclosing(
            await bench.provider_client.open_chat(
                bench.provider_client.prepare(bench.provider, bench.model, bench.network),
                a_request(),
                bench.key,
                memory=uncounted(),
            )
        ) as call:
            await call.receive()
            scope.cancel()
            await call.receive()
    assert scope.cancelled_caught
    left = bench.last
    with trio.fail_after(PATIENCE):
        await left.disconnected.wait()
    await bench.ask(PROMPT)
    assert bench.last.connection != left.connection


@BOTH
async def test_connection_is_reused(bench: Bench, stream: bool) -> None:
    """After a complete reply, or an error, the next chat uses the same connection."""
    await bench.ask(PROMPT, stream=stream)
    bench.meet("error", error="overloaded")
    await bench.refused(PROMPT, stream=stream)
    await bench.ask(PROMPT, stream=stream)
    assert {each.connection for each in bench.sim.requests} == {1}
