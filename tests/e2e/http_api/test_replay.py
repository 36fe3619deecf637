"""Replies from the field reach HTTP clients through the daemon as they would directly.

Each is asked for twice in its own API: from its server, and through the daemon's port. What the
daemon carries verbatim must be equal, byte for byte, so an SDK reads the same objects. What the
daemon takes for a good reply it also tells in two other APIs, where the vendors' SDKs must read
the text, the calls and the counts of it.
"""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from helpers.field.replies import (
    call_forms,
    count_places,
    details,
    finish_reasons,
    real_replies,
    response_items,
    shapes,
)
from helpers.http_api.replay import Replay, dialect_of, is_good, only, open_replay, streams, wanted

MODULES = (
    call_forms,
    count_places,
    details,
    finish_reasons,
    real_replies,
    response_items,
    shapes,
)
SIZE = 250
"""A configuration has room for some hundred providers."""
CASES = [case for module in MODULES for case in module.CASES if is_good(case)]


@pytest.fixture(scope="module")
def replays() -> Iterator[dict[str, Replay]]:
    """Daemons that know a provider for each reply, by its name."""
    with ExitStack() as stack:
        found = {}
        for start in range(0, len(CASES), SIZE):
            batch = CASES[start : start + SIZE]
            opened = stack.enter_context(open_replay(batch))
            found |= dict.fromkeys((case.name for case in batch), opened)
        yield found


@pytest.mark.timeout(180)
def test_what_is_carried_verbatim_is_equal(replays):
    """Nothing is added, lost or changed; only odd ones are not carried so."""
    different, carried = {}, 0
    for case in CASES:
        how, through = replays[case.name].through(case)
        if how != "verbatim":
            assert case.name.startswith(("shape-", "end-gemini-list", "resp-whole-in-")), case
            continue
        carried += 1
        direct = replays[case.name].directly(case)
        if direct != through:
            different[case.name] = (direct, through)
    assert different == {}
    assert carried > 0.85 * len(CASES)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("dialect", ["openai_chat", "anthropic"])
def test_text_and_calls_arrive_in_another_api(replays, dialect):
    """Translated: what the daemon understands of the reply is in the client's API."""
    different = {}
    for case in CASES:
        is_cut = case.finish == "length" and case.calls  # an SDK has no object for half of one
        if dialect_of(case) == dialect or not streams(case) or is_cut:
            continue
        replay = replays[case.name]
        found = replay.by_chat(case) if dialect == "openai_chat" else replay.by_claude(case)
        if only(found, case) != wanted(case):
            different[case.name] = (found, wanted(case))
    assert different == {}
