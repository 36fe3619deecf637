from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.listing.groups import build_groups
from aircher_cli.picker.view.listing.rows import Row, all_rows
from aircher_cli.picker.view.pane.details import (
    detail_lines,
    wait_text,
)
from aircher_cli.picker.view.preferences import Preferences
from aircher_cli.render.answer.cells import cell_width
from aircher_cli.render.layout import Line
from aircher_cli.values import Map
from helpers.picker.views import NOW, a_key, a_model, a_view


def shown(view: DaemonView, explained: Map | None = None, width: int = 80, at: int = 0) -> str:
    """Return the pane of a row as text."""
    row = all_rows(build_groups(view, Preferences(), NOW, all_models=True))[at]
    return as_text(detail_lines(view, row, explained, NOW, width))


def as_text(lines: list[Line]) -> str:
    return "\n".join("".join(piece for piece, _ in line) for line in lines)


def test_the_pane_says_what_why_until_when_and_what_to_do():
    """The state comes first, with its reason, its end and the command that helps."""
    key = a_key("a", health="cooling", until=NOW + 252, health_reason="HTTP 429: slow down.")
    assert shown(a_view(["a/m"], [key])).splitlines()[2:5] == [
        "⚠ cooling: HTTP 429: slow down",
        f"  {wait_text('cooling', NOW + 252, NOW)}",
        "→ to try it at once: aircher-cli cooldowns clear a",
    ]


def test_each_key_has_its_state_and_source():
    """Each of several keys has its name."""
    keys = [
        a_key("a", "rejected", key="work", masked="sk-…1234", failing_since=NOW - 60),
        a_key("a", source="environment variable A_KEY", key="env:A_KEY", checked_at=NOW - 120),
    ]
    text = shown(a_view(["a/m"], keys))
    assert "key      ✗ work sk-…1234\n         refused, from the keyring" in text
    assert "key      ✓ env:A_KEY\n         ready, from the environment variable A_KEY" in text
    assert "the key was refused\n         → sign in again: aircher-cli auth login a --label" in text
    assert "checked  2 min ago" in text
    assert "failing  since " in text


def test_a_working_key_shows_how_to_have_it_encrypted():
    """It is no problem, so it is not what has to be done."""
    key = a_key("a", source="file, not encrypted", hint="to encrypt it: start a keyring")
    assert "         → to encrypt it: start a keyring" in shown(a_view(["a/m"], [key]))


def test_what_a_key_hides_is_shown():
    """A stored key that overrides a variable surprises some."""
    text = shown(a_view(["a/m"], [a_key("a", shadowed=["environment variable A_KEY"])]))
    assert "hides    environment variable A_KEY" in text


def test_the_last_error_is_in_plain_words():
    """First what it means, then what the provider said."""
    error = {"provider": "a", "model": "m", "outcome": "auth_rejected", "message": "bad key"}
    text = shown(a_view(["a/m"], last_errors={"a": {**error, "at": NOW - 40}}))
    assert "error    40 s ago: a/m refused the key: bad key" in text


def test_a_message_is_shown_once():
    """What the state says is not repeated by the last error, nor by the chain of a single model."""
    reason = "refused the key (HTTP 400): API key not valid."
    error = {"provider": "a", "model": "m", "outcome": "auth_rejected", "message": reason}
    key = a_key("a", "rejected", reason=reason)
    view = a_view(["a/m"], [key], last_errors={"a": {**error, "at": NOW - 40}})
    text = shown(view, {"error": f"no model can answer now: a/m {reason}"})
    assert "✗ refused: HTTP 400: API key not valid\n" in text
    assert "error    40 s ago: a/m refused the key\n" in f"{text}\n"
    assert text.count("API key not valid") == 1


def test_another_message_than_that_of_the_state_is_shown():
    """The last failed request may have failed for another reason."""
    error = {"model": "m", "outcome": "timeout", "message": "no answer in 60 s", "at": NOW - 40}
    key = a_key("a", "rejected", reason="refused the key (HTTP 401)")
    text = shown(a_view(["a/m"], [key], last_errors={"a": error}))
    assert "✗ refused: HTTP 401\n" in text
    assert "error    40 s ago: a/m took too long: no answer in 60 s" in text


def test_what_to_do_names_keys_of_the_picker():
    """Of the state, and of each of several keys."""
    keys = [a_key("a", "rejected"), a_key("a", "rejected", key="work")]
    view = a_view(["a/m"], keys)
    (row,) = all_rows(build_groups(view, Preferences(), NOW))
    text = as_text(detail_lines(view, row, None, NOW, 80, keys={"sign_in": "Ctrl-L"}))
    assert text.count("→ Ctrl-L signs in again") == 3


def test_limits_have_bars():
    """How much is used, and when it starts again."""
    limit = {
        "limit": "5 USD a day",
        "counted": "usd",
        "used": "4.1",
        "max": "5",
        "share": 0.82,
        "resets_at": NOW + 60,
    }
    lines = shown(a_view(["a/m"], limits=(limit,))).splitlines()
    at = lines.index("limit 5 USD a day")
    assert lines[at + 1 : at + 3] == [
        "  ████████████████░░░░  82%",
        "  $4.10 of $5.00 used, starts again in 1 min",
    ]


def test_bars_can_be_ascii():
    """Not every terminal has blocks."""
    view = a_view(["a/m"], limits=({"limit": "x", "share": 0.5},))
    (row,) = all_rows(build_groups(view, Preferences(), NOW))
    text = as_text(detail_lines(view, row, None, NOW, 40, has_unicode=False))
    assert "##########.........." in text


def test_what_was_spent_is_shown():
    """Today and in this month, at this provider."""
    view = a_view(
        ["a/m"],
        spend_today={"a": {"cost": "1.5", "requests": 3}},
        spend_month={"a": {"cost": "20", "requests": 90, "failed": 2, "unknown_cost": 1}},
    )
    text = shown(view)
    assert "today    $1.50, 3 requests" in text
    assert "month    $20.00, 90 requests, 2 failed, 1 of unknown cost" in text
    assert "today    $1.50, 3 requests, on this machine" in shown(replace(view, is_in_fleet=True))


def test_the_chain_says_what_would_answer_and_what_is_skipped():
    """And why, as `route.explain` reports it."""
    explained: Map = {
        "candidates": [
            {"provider": "b", "model": "m", "key": "default", "why": "second route"},
            {"provider": "c", "model": "m"},
        ],
        "skipped": [
            {"provider": "a", "model": "m", "message": "a/m is cooling", "until": NOW + 60}
        ],
    }
    text = shown(a_view(["a/m"]), explained)
    assert "now      b/m with key default\n         second route\nthen     c/m" in text
    assert "skipped  a/m: is cooling; ready in 1:00" in text


def test_a_long_chain_is_cut():
    """The rest is counted."""
    skipped = [{"provider": "a", "model": str(n), "reason": "rate_limited"} for n in range(30)]
    text = shown(a_view(["a/m"]), {"candidates": [], "skipped": skipped})
    assert "now      no provider can answer" in text
    assert "and 22 more" in text


def test_a_chain_that_cannot_be_explained_says_why():
    """An unknown model, for example."""
    assert "now      unknown model" in shown(a_view(["a/m"]), {"error": "unknown model"})


def test_an_alias_shows_its_routes_until_they_are_explained():
    """The pane does not wait for the daemon."""
    alias = {"name": "x", "routes": ["a/m", "b/m"]}
    text = shown(a_view(["a/m", "b/m"], aliases=(alias,)))
    assert "chain    a/m → b/m" in text
    assert "an alias, now a/m" in text


def test_an_alias_does_not_name_two_that_answer_now():
    """A limit may skip its first route for what a request may cost, which the list cannot know."""
    view = a_view(["a/m", "b/m"], aliases=({"name": "x", "routes": ["a/m", "b/m"]},))
    said = [
        shown(view, {"candidates": [{"provider": each, "model": "m"}]}, width=100) for each in "ba"
    ]
    assert "now      b/m" in said[0]
    assert "an alias; state, keys and limits are those of a/m" in said[0]
    assert "an alias, now a/m" in said[1]


def test_the_facts_of_the_model_come_last():
    """Window, output, prices with those of long prompts, abilities, speed and date."""
    model = a_model(
        "a/m",
        name="The M",
        window=1_000_000,
        max_output=64_000,
        prices={
            "input": "3",
            "output": "15",
            "cached": "0.3",
            "tiers": [{"above": 200_000, "input": "6", "output": "22.5"}],
        },
        tools=True,
        released="2026-02-11",
        latency_s=0.84,
    )
    assert shown(a_view([model], default="a/m")).splitlines() == [
        "a/m",
        "The M",
        "the default model",
        "",
        "✓ ready: the key works",
        "",
        "key      ✓ default",
        "         ready, from the keyring",
        "",
        "window   1,000,000 tokens",
        "output   64,000 tokens",
        "price    $3 input, $15 output, $0.30 from the cache per million tokens",
        "         over 200k: $6 input, $22.50 output",
        "can      tools",
        "speed    0.8 s to the first output",
        "released 2026-02-11",
    ]


def test_a_model_that_does_not_chat_says_so():
    """It cannot be chosen."""
    assert "does not chat" in shown(a_view([a_model("a/embed", chats=False)]))


def test_a_lost_connection_comes_first():
    """What follows may be out of date."""
    view = replace(a_view(["a/m"]), link="reconnecting", link_problem="the daemon stopped")
    assert "⚠ unreachable: reconnecting: the daemon stopped" in shown(view)


JUNK = st.none() | st.integers() | st.floats() | st.text(max_size=30) | st.sampled_from(
    ["NaN", "1e999", "-1", "\x1b[2J", "漢字" * 30, "a" * 500, [], {}, [{}], [{"above": "x"}]]
)  # fmt: skip
FIELDS = st.sampled_from(
    [
        *("provider", "model", "key", "state", "health", "reason", "until", "rate_limit", "source"),
        *("limit", "used", "max", "share", "counted", "cost", "requests", "candidates", "skipped"),
        *("message", "outcome", "at", "prices", "window", "input", "output", "tiers", "remaining"),
        *("error", "checked_at", "failing_since", "resets_at", "masked", "shadowed"),
    ]
)
MAPS = st.dictionaries(FIELDS, JUNK | st.lists(st.dictionaries(FIELDS, JUNK), max_size=2))


@given(MAPS, MAPS, MAPS, MAPS, st.integers(20, 100))
def test_anything_from_the_daemon_is_shown_within_the_width(key, limit, explained, other, width):
    """Missing fields, wrong types, hostile and wide text: never an error, never too wide."""
    view = a_view(
        [a_model("a/m", **{name: value for name, value in other.items() if name != "provider"})],
        [{**key, "provider": "a"}],
        limits=(limit,),
        health=({**other, "provider": "a"},),
        spend_today={"a": other},
        last_errors={"a": other},
        providers=(other,),
    )
    lines = detail_lines(view, a_row(), explained, NOW, width)
    assert all(piece.isprintable() for line in lines for piece, _ in line)
    assert all(sum(cell_width(piece) for piece, _ in line) <= width for line in lines)


def a_row() -> Row:
    (row, *_) = all_rows(build_groups(a_view(["a/m"]), Preferences(), NOW))
    return row
