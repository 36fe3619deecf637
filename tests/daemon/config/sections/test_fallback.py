from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.config.load import parse_config
from aircherd.config.model import Fallback, Provider
from aircherd.config.problems import ProblemCollector
from aircherd.config.sections.fallback import MAX_ATTEMPTS, MAX_INCREASE, check_fallbacks
from helpers.config_problems import FILE, problem, problems, refused


def providers(**fallbacks: list[str]) -> str:
    """Local servers `a` to `d` with these `fallback` lists, each entry four lines long."""
    return "".join(
        f'[providers.{name}]\nkind = "ollama"\nbase_url = "http://h"\n'
        f"fallback = {fallbacks.get(name) or ['d']}\n"
        for name in "abc"
    ) + ('[providers.d]\nkind = "ollama"\nbase_url = "http://h"\n')


# ------------------------------------------------------------------ the section


def test_defaults_without_a_section() -> None:
    """Four attempts, in the chain's order, at any price."""
    empty = Fallback(max_attempts=4, max_cost_increase=None, strategy="priority")
    assert parse_config("", file="c").fallback == empty
    assert parse_config("[fallback]", file="c").fallback == empty


def test_section_is_read() -> None:
    """The cost increase is exact."""
    text = '[fallback]\nmax_attempts = 2\nmax_cost_increase = 1.1\nstrategy = "cheapest"'
    assert parse_config(text, file="c").fallback == Fallback(
        max_attempts=2, max_cost_increase=Decimal("1.1"), strategy="cheapest"
    )


@pytest.mark.parametrize("value", ["1", "1.0", f"{MAX_INCREASE:g}"])
def test_bounds_of_the_cost_increase_are_allowed(value: str) -> None:
    """1 allows no more than the price of the first choice."""
    text = f"[fallback]\nmax_cost_increase = {value}"
    assert parse_config(text, file="c").fallback.max_cost_increase == Decimal(value)


@pytest.mark.parametrize(
    ("line", "path", "expected"),
    [
        ("max_attempts = 0", "max_attempts", f"must be from 1 to {MAX_ATTEMPTS}"),
        ("max_attempts = -1", "max_attempts", "must be from 1 to"),
        (f"max_attempts = {MAX_ATTEMPTS + 1}", "max_attempts", "must be from 1 to"),
        (f"max_attempts = {10**400}", "max_attempts", "must be from 1 to"),
        ("max_attempts = 2.0", "max_attempts", "must be a whole number, not a number | write 4"),
        ("max_attempts = true", "max_attempts", "must be a whole number, not true or false"),
        ('max_attempts = "4"', "max_attempts", "must be a whole number, not a string"),
        ("max_cost_increase = 0.99", "max_cost_increase", "must be from 1 to 1000"),
        ("max_cost_increase = -2", "max_cost_increase", "1 allows no more than the first choice's"),
        ("max_cost_increase = 1001", "max_cost_increase", "must be from 1 to 1000"),
        (f"max_cost_increase = {10**400}", "max_cost_increase", "must be from 1 to 1000"),
        ("max_cost_increase = nan", "max_cost_increase", "must be from 1 to 1000"),
        ("max_cost_increase = inf", "max_cost_increase", "must be from 1 to 1000"),
        ('max_cost_increase = "2x"', "max_cost_increase", "must be a number, not a string"),
        ("max_cost_increase = true", "max_cost_increase", "must be a number, not true or false"),
        ('strategy = "cheepest"', "strategy", 'did you mean "cheapest"?'),
        ('strategy = "random"', "strategy", 'must be one of "priority", "cheapest", "fastest"'),
        ("strategy = 1", "strategy", "must be one of"),
        ("max_atempts = 4", "max_atempts", 'did you mean "max_attempts"?'),
    ],
)
def test_invalid_entry_is_reported_at_its_line(line: str, path: str, expected: str) -> None:
    """With the valid values."""
    found = problem(f"[fallback]\n\n{line}")
    assert (found[0], found[1]) == (3, f"fallback.{path}")
    assert expected in found[2]


def test_strategy_of_an_alias_is_validated_too() -> None:
    """It is reported at its own line."""
    found = problem('[models.m]\nroutes = ["openai/x"]\nstrategy = "fast"')
    assert found[:2] == (3, "models.m.strategy")
    assert 'did you mean "fastest"?' in found[2]


def test_fallback_must_be_a_section() -> None:
    """A number is refused."""
    assert problem("fallback = 4")[:2] == (1, "fallback")


@pytest.mark.parametrize(
    "text",
    [
        '[fallback]\napi_key = "sk-CANARY-1"',
        '[fallback]\nstrategy = "sk-CANARY-1"',
        '[fallback]\nmax_attempts = "sk-CANARY-1"',
        '[fallback]\nmax_cost_increase = "sk-CANARY-1"',
        '[fallback]\nsk-CANARY-1 = "x"',
        '[providers.openai]\nfallback = ["sk-CANARY-1"]',
        '[providers.openai]\nfallback = ["sk-CANARY-1/m"]',
        '[providers.openai]\nfallback = "sk-CANARY-1"',
    ],
)
def test_key_in_the_section_is_not_repeated(text: str) -> None:
    """Neither in the message nor in the data for programs."""
    error = refused(text)
    assert "CANARY" not in error.message
    assert "CANARY" not in repr(error.data)
    assert problem(text)[0] == 2


# ------------------------------------------------------------------ fallback lists of providers


def test_fallback_list_of_a_provider_is_read() -> None:
    """It contains providers or their models, in order; built-in ones and the user's own."""
    text = (
        '[providers.openai]\nfallback = ["anthropic", " work/maker/m "]\n'
        '[providers.work]\nkind = "ollama"\nbase_url = "http://h"\n'
    )
    config = parse_config(text, file="c")
    assert config.providers["openai"].fallback == ("anthropic", "work/maker/m")
    assert config.providers["work"].fallback == ()


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("antropic", 'does not exist | did you mean "anthropic"?'),
        ("antropic/claude", 'does not exist | did you mean "anthropic"?'),
        ("zzz", "does not exist | known here: anthropic, openai"),
        ("openai", "names the provider itself | name another one"),
        ("openai/other", "names the provider itself"),
        ("anthropic/", 'must be a provider, or provider/model | write "openrouter"'),
        ("/m", "must be a provider, or provider/model"),
        ("", "is empty"),
    ],
)
def test_invalid_fallback_is_reported_at_its_line(target: str, expected: str) -> None:
    """Even within a list over several lines."""
    found = problem(f'[providers.openai]\nfallback = [\n  "gemini",\n  "{target}",\n]')
    assert found[:2] == (4, "providers.openai.fallback[1]")
    assert expected in found[2]


def test_invalid_fallback_does_not_shift_the_others() -> None:
    """No problem is reported at a wrong line of the list."""
    found = problems('[providers.openai]\nfallback = [\n  "",\n  "gemini",\n  "zzz",\n]')
    assert [(line, path) for line, path, _ in found] == [(3, "providers.openai.fallback[0]")]


def test_fallback_to_an_invalid_provider_is_no_second_problem() -> None:
    """One mistake, one problem."""
    text = '[providers.openai]\nfallback = ["work"]\n[providers.work]\nkind = "opnai"\n'
    assert [path for _, path, _ in problems(text + 'base_url = "https://h"')] == [
        "providers.work.kind"
    ]


@pytest.mark.parametrize(
    ("fallbacks", "line", "cycle"),
    [
        ({"a": ["b"], "b": ["a"]}, 4, "a -> b -> a"),
        ({"a": ["b"], "b": ["c"], "c": ["a"]}, 4, "a -> b -> c -> a"),
        ({"a": ["b/m"], "b": ["a/n"]}, 4, "a -> b -> a"),
        ({"a": ["d", "b"], "b": ["d", "c"], "c": ["b"]}, 8, "b -> c -> b"),
    ],
)
def test_cycle_is_reported_where_it_begins(
    fallbacks: dict[str, list[str]], line: int, cycle: str
) -> None:
    """With its path: only the user knows which of the entries is a mistake."""
    expected = f"is a cycle: {cycle} | remove one of them"
    assert problem(providers(**fallbacks)) == (line, f"providers.{cycle[0]}.fallback", expected)


def test_message_of_a_cycle_has_file_and_line() -> None:
    """The first line of the error."""
    error = refused(providers(a=["b"], b=["a"]))
    assert error.message.startswith(f"{FILE}, line 4: providers.a.fallback: is a cycle")


def test_two_cycles_are_two_problems() -> None:
    """Each with its own path."""
    found = problems(providers(a=["b", "c"], b=["a"], c=["a"]))
    assert [expected.split(" | ")[0] for _, _, expected in found] == [
        "is a cycle: a -> b -> a",
        "is a cycle: a -> c -> a",
    ]


def test_two_paths_to_the_same_provider_are_not_a_cycle() -> None:
    """Neither is a chain."""
    config = parse_config(providers(a=["b", "c"], b=["c"], c=["d"]), file="c")
    assert config.providers["a"].fallback == ("b", "c")


def test_cycle_search_visits_each_provider_once() -> None:
    """With exponentially many paths this test would otherwise never end."""
    chain = {f"{p}{n}": (f"p{n + 1}", f"q{n + 1}") for n in range(1000) for p in "pq"}
    chain |= {"p1000": (), "q1000": ()}
    assert _has_no_cycle(chain)
    assert not _has_no_cycle(chain | {"p1000": ("p0",)})


NAMES = "abcdef"
GRAPHS = st.fixed_dictionaries(
    {name: st.lists(st.sampled_from(NAMES), unique=True).map(tuple) for name in NAMES}
)


@given(GRAPHS)
def test_cycles_are_found_if_and_only_if_there_are_any(
    graph: dict[str, tuple[str, ...]],
) -> None:
    """If providers without a remaining target can be removed one by one, there is no cycle."""
    left = dict(graph)
    while ends := [name for name, targets in left.items() if not set(targets) & set(left)]:
        for name in ends:
            del left[name]
    assert _has_no_cycle(graph) == (not left)


def _has_no_cycle(fallbacks: dict[str, tuple[str, ...]]) -> bool:
    report = ProblemCollector("c", "")
    made = {
        name: Provider(name=name, kind="ollama", base_url="http://h", fallback=targets)
        for name, targets in fallbacks.items()
    }
    check_fallbacks(report, made, list(made))
    return report.error() is None
