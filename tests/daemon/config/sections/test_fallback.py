from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.config.load import parse_config
from aircherd.config.model import Fallback, Provider
from aircherd.config.problems import ProblemCollector
from aircherd.config.sections.fallback import MAX_ATTEMPTS, MAX_INCREASE, check_fallbacks
from aircherd.errors import ConfigInvalid
from helpers.config_problems import FILE, problem, problems, refused


def providers(**fallbacks: list[str]) -> str:
    """Local servers `a` to `d` with these `fallback` lists, each entry four lines long."""
    return "".join(
        f'[providers.{name}]\nkind = "ollama"\nbase_url = "http://h"\n'
        f"fallback = {fallbacks.get(name) or ['d']}\n"
        for name in "abc"
    ) + ('[providers.d]\nkind = "ollama"\nbase_url = "http://h"\n')


# ------------------------------------------------------------------ the section


def test_without_a_section_a_request_goes_four_steps_in_the_chains_order() -> None:
    """At any price."""
    empty = Fallback(max_attempts=4, max_cost_increase=None, strategy="priority")
    assert parse_config("", file="c").fallback == empty
    assert parse_config("[fallback]", file="c").fallback == empty


def test_the_section_is_read() -> None:
    """Prices as exact as they are written."""
    text = '[fallback]\nmax_attempts = 2\nmax_cost_increase = 1.1\nstrategy = "cheapest"'
    assert parse_config(text, file="c").fallback == Fallback(
        max_attempts=2, max_cost_increase=Decimal("1.1"), strategy="cheapest"
    )


@pytest.mark.parametrize("value", ["1", "1.0", f"{MAX_INCREASE:g}"])
def test_the_bounds_of_a_price_belong_to_it(value: str) -> None:
    """1 is: no dearer than the first choice."""
    text = f"[fallback]\nmax_cost_increase = {value}"
    assert parse_config(text, file="c").fallback.max_cost_increase == Decimal(value)


@pytest.mark.parametrize(
    ("line", "path", "said"),
    [
        ("max_attempts = 0", "max_attempts", f"must be from 1 to {MAX_ATTEMPTS}"),
        ("max_attempts = -1", "max_attempts", "must be from 1 to"),
        (f"max_attempts = {MAX_ATTEMPTS + 1}", "max_attempts", "must be from 1 to"),
        (f"max_attempts = {10**400}", "max_attempts", "must be from 1 to"),
        ("max_attempts = 2.0", "max_attempts", "must be a whole number, not a number | write 4"),
        ("max_attempts = true", "max_attempts", "must be a whole number, not true or false"),
        ('max_attempts = "4"', "max_attempts", "must be a whole number, not a text"),
        ("max_cost_increase = 0.99", "max_cost_increase", "must be from 1 to 1000"),
        ("max_cost_increase = -2", "max_cost_increase", "1 allows no more than the first choice's"),
        ("max_cost_increase = 1001", "max_cost_increase", "must be from 1 to 1000"),
        (f"max_cost_increase = {10**400}", "max_cost_increase", "must be from 1 to 1000"),
        ("max_cost_increase = nan", "max_cost_increase", "must be from 1 to 1000"),
        ("max_cost_increase = inf", "max_cost_increase", "must be from 1 to 1000"),
        ('max_cost_increase = "2x"', "max_cost_increase", "must be a number, not a text"),
        ("max_cost_increase = true", "max_cost_increase", "must be a number, not true or false"),
        ('strategy = "cheepest"', "strategy", 'did you mean "cheapest"?'),
        ('strategy = "random"', "strategy", 'must be one of "priority", "cheapest", "fastest"'),
        ("strategy = 1", "strategy", "must be one of"),
        ("max_atempts = 4", "max_atempts", 'did you mean "max_attempts"?'),
    ],
)
def test_what_does_not_hold_is_refused_on_its_line(line: str, path: str, said: str) -> None:
    """With what would hold."""
    found = problem(f"[fallback]\n\n{line}")
    assert (found[0], found[1]) == (3, f"fallback.{path}")
    assert said in found[2]


def test_an_aliass_strategy_is_one_of_the_same() -> None:
    """On its own line."""
    found = problem('[models.m]\nroutes = ["openai/x"]\nstrategy = "fast"')
    assert found[:2] == (3, "models.m.strategy")
    assert 'did you mean "fastest"?' in found[2]


def test_a_section_of_another_form_is_refused() -> None:
    """A list of sections is none."""
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
def test_a_key_that_got_there_is_not_repeated(text: str) -> None:
    """Neither in the message nor in what programs get."""
    error = refused(text)
    assert "CANARY" not in error.message
    assert "CANARY" not in repr(error.data)
    assert problem(text)[0] == 2


# ------------------------------------------------------------------ who stands in for whom


def test_a_provider_names_who_stands_in_for_it() -> None:
    """Providers, or one of their models, in order; built-in ones and one's own."""
    text = (
        '[providers.openai]\nfallback = ["anthropic", " work/maker/m "]\n'
        '[providers.work]\nkind = "ollama"\nbase_url = "http://h"\n'
    )
    config = parse_config(text, file="c")
    assert config.providers["openai"].fallback == ("anthropic", "work/maker/m")
    assert config.providers["work"].fallback == ()


@pytest.mark.parametrize(
    ("target", "said"),
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
def test_a_stand_in_that_leads_nowhere_is_refused_on_its_own_line(target: str, said: str) -> None:
    """Also within a list over several lines."""
    found = problem(f'[providers.openai]\nfallback = [\n  "gemini",\n  "{target}",\n]')
    assert found[:2] == (4, "providers.openai.fallback[1]")
    assert said in found[2]


def test_one_bad_stand_in_does_not_move_the_others() -> None:
    """What is told about a list holds for its lines as they are in the file."""
    found = problems('[providers.openai]\nfallback = [\n  "",\n  "gemini",\n  "zzz",\n]')
    assert [(line, path) for line, path, _ in found] == [(3, "providers.openai.fallback[0]")]


def test_a_stand_in_may_have_a_problem_of_its_own() -> None:
    """One mistake, one problem."""
    text = '[providers.openai]\nfallback = ["work"]\n[providers.work]\nkind = "opnai"\n'
    assert [path for _, path, _ in problems(text + 'base_url = "https://h"')] == [
        "providers.work.kind"
    ]


@pytest.mark.parametrize(
    ("fallbacks", "line", "circle"),
    [
        ({"a": ["b"], "b": ["a"]}, 4, "a -> b -> a"),
        ({"a": ["b"], "b": ["c"], "c": ["a"]}, 4, "a -> b -> c -> a"),
        ({"a": ["b/m"], "b": ["a/n"]}, 4, "a -> b -> a"),
        ({"a": ["d", "b"], "b": ["d", "c"], "c": ["b"]}, 8, "b -> c -> b"),
    ],
)
def test_a_circle_is_refused_where_it_begins(
    fallbacks: dict[str, list[str]], line: int, circle: str
) -> None:
    """With its way: which of them was not meant only the user knows."""
    said = f"goes in a circle: {circle} | take one of them out"
    assert problem(providers(**fallbacks)) == (line, f"providers.{circle[0]}.fallback", said)


def test_a_circle_is_told_with_its_file_and_line() -> None:
    """As people see it first."""
    error = refused(providers(a=["b"], b=["a"]))
    assert error.message.startswith(f"{FILE}, line 4: providers.a.fallback: goes in a circle")


def test_two_circles_are_two_problems() -> None:
    """Each with the way back that it is."""
    found = problems(providers(a=["b", "c"], b=["a"], c=["a"]))
    assert [said.split(" | ")[0] for _, _, said in found] == [
        "goes in a circle: a -> b -> a",
        "goes in a circle: a -> c -> a",
    ]


def test_two_ways_to_the_same_stand_in_are_no_circle() -> None:
    """Nor is a chain."""
    config = parse_config(providers(a=["b", "c"], b=["c"], c=["d"]), file="c")
    assert config.providers["a"].fallback == ("b", "c")


def test_a_chain_as_long_as_a_file_can_make_it_is_followed() -> None:
    """Each provider is passed once, however many ways there are, or this test would never end."""
    chain = {f"{p}{n}": (f"p{n + 1}", f"q{n + 1}") for n in range(1000) for p in "pq"}
    chain |= {"p1000": (), "q1000": ()}
    assert _comes_to_an_end(chain)
    assert not _comes_to_an_end(chain | {"p1000": ("p0",)})


NAMES = "abcdef"
GRAPHS = st.fixed_dictionaries(
    {name: st.lists(st.sampled_from(NAMES), unique=True).map(tuple) for name in NAMES}
)


@given(GRAPHS)
def test_a_list_of_stand_ins_without_a_problem_comes_to_an_end(
    graph: dict[str, tuple[str, ...]],
) -> None:
    """And only then: whoever can be taken out, one after the other, is in no circle."""
    left = dict(graph)
    while ends := [name for name, targets in left.items() if not set(targets) & set(left)]:
        for name in ends:
            del left[name]
    assert _comes_to_an_end(graph) == (not left)


def _comes_to_an_end(fallbacks: dict[str, tuple[str, ...]]) -> bool:
    report = ProblemCollector("c", "")
    made = {
        name: Provider(name=name, kind="ollama", base_url="http://h", fallback=targets)
        for name, targets in fallbacks.items()
    }
    check_fallbacks(report, made, list(made))
    try:
        report.raise_if_any()
    except ConfigInvalid:
        return False
    return True
