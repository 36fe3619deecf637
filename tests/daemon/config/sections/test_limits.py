"""`[[limits]]`: what is taken, and what is said about the rest."""

from decimal import Decimal

import pytest

from aircherd.config.load import parse_config
from aircherd.config.model import Limit, LimitScope, Route
from helpers.config_problems import problem, problems

WORK = '[providers.work]\nkind = "openai"\nbase_url = "https://h/v1"\n'
ENTRY = '[[limits]]\nper = "day"\n'
KEY = "sk-canary-0123456789abcdef0123456789"


def limits_of(text: str) -> tuple[Limit, ...]:
    return parse_config(text, file="c").limits


def test_everything_a_limit_can_say():
    """For whom, how much, how long; the file's order is kept."""
    text = (
        '[[limits]]\nprovider = "work"\nkey = "env:WORK_KEY"\nclient = "nvim"\nrequests = 10\n'
        'tokens = 1_000_000\nusd = 5.10\nper = "day"\nwarn_at = 0.5\n'
        '[[limits]]\nmodel = "openrouter/a/b:free"\nusd = "0.000000001"\nper = "month"\n'
    )
    first, second = limits_of(text + WORK)
    assert first == Limit(
        per="day",
        requests=10,
        tokens=1_000_000,
        usd=Decimal("5.1"),
        provider="work",
        key="env:WORK_KEY",
        client="nvim",
        warn_at=0.5,
    )
    assert second == Limit(
        per="month",
        usd=Decimal("1e-9"),
        provider="openrouter",
        model=Route("openrouter", "a/b:free"),
    )
    assert second.scope == LimitScope("openrouter", None, "a/b:free", None)
    assert list(first.amounts) == ["requests", "tokens", "usd"]


def test_a_limit_without_a_name_is_for_everything():
    """From four fifths on the user is told."""
    (limit,) = limits_of(f"{ENTRY}requests = 0")
    assert (limit.scope, limit.amounts, limit.warn_at) == (LimitScope(), {"requests": 0}, 0.8)


@pytest.mark.parametrize("text", ["", "limits = []"])
def test_there_may_be_none(text):
    """Nothing is limited then."""
    assert limits_of(text) == ()


@pytest.mark.parametrize(
    ("line", "path", "said"),
    [
        ("requests = -1", "requests", "must be from 0 to"),
        ("requests = 1.5", "requests", "must be a whole number"),
        ("tokens = true", "tokens", "must be a whole number, not true or false"),
        ("tokens = '5'", "tokens", "must be a whole number, not a text"),
        ("tokens = 9_000_000_000_000_000", "tokens", "must be from 0 to"),
        ("usd = -0.5", "usd", "must be from 0"),
        ("usd = '-3'", "usd", "must be from 0"),
        ("usd = '$5'", "usd", 'write 5.0 or "5.00"'),
        ("usd = 5e-10", "usd", "with at most 9 decimals"),
        ("usd = '0.0000000001'", "usd", "with at most 9 decimals"),
        ("usd = 2e9", "usd", "must be from 0 to 1000000000"),
        ("usd = inf", "usd", "is not an amount in USD"),
        ("usd = nan", "usd", "is not an amount in USD"),
        ("usd = 1e300", "usd", "is not an amount in USD"),
        ("usd = [5]", "usd", "must be an amount in USD, not a list"),
        ("requests = 1\nwarn_at = 80", "warn_at", "write 0.8"),
        ("requests = 1\nwarn_at = 0", "warn_at", "must be a share above 0"),
        ("requests = 1\nwarn_at = nan", "warn_at", "must be a share above 0"),
        ("requests = 1\nprovider = 'antropic'", "provider", 'did you mean "anthropic"?'),
        ("requests = 1\nprovider = 5", "provider", "must be a text in quotes"),
        ("requests = 1\nmodel = 'antropic/c'", "model", 'did you mean "anthropic"?'),
        ("requests = 1\nmodel = 'gpt-5.5'", "model", "must be of the form provider/model"),
        ("requests = 1\nmodel = 'openai/'", "model", "must be of the form provider/model"),
        ("requests = 1\nmodel = 'fast'", "model", "is an alias"),
        ("requests = 1\nkey = 'work'", "key", "names a key without its provider"),
        ("requests = 1\nclient = ''", "client", "is empty"),
        ("token = 1000", "token", 'did you mean "tokens"?'),
        ("cost = 5", "cost", "known here: provider, key, model, client"),
    ],
)
def test_a_bad_entry_is_told_with_its_line(line, path, said):
    """One mistake, one problem, and its number among the limits."""
    alias = '[models.fast]\nroutes = ["openai/x"]\n'
    good = '[[limits]]\nrequests = 5\nper = "hour"\n'
    found = problem(f"{alias}{good}{ENTRY}{line}")
    assert found[:2] == (8 + line.count("\n"), f"limits[1].{path}")
    assert said in found[2]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ('per = "day"', "has no amount | add requests = 100"),
        ("requests = 5", 'has no per | add per = one of "minute", "hour", "day", "month"'),
    ],
)
def test_what_is_missing_is_told_at_the_entry(entry, said):
    """A limit without an amount or without a time limits nothing."""
    found = problem(f'[[limits]]\nper = "day"\nrequests = 1\n\n[[limits]]\n{entry}\n')
    assert found[:2] == (5, "limits[1]")
    assert said in found[2]


def test_a_span_is_one_of_four():
    """With the nearest."""
    found = problem('[[limits]]\nrequests = 5\nper = "days"')
    assert found[:2] == (3, "limits[0].per")
    assert 'did you mean "day"?' in found[2]


def test_a_model_and_its_provider_agree():
    """One of the two lines is a mistake."""
    found = problem(f'{ENTRY}usd = 5\nprovider = "openai"\nmodel = "anthropic/c"')
    assert found[:2] == (5, "limits[0].model")
    assert "is a model of another provider" in found[2]


def test_the_key_of_a_provider_without_keys_is_refused():
    """Such a limit would never count anything."""
    found = problem(f'{ENTRY}requests = 5\nprovider = "ollama"\nkey = "default"')
    assert found[:2] == (5, "limits[0].key")
    assert "names a key of a provider that needs none" in found[2]


def test_two_amounts_for_the_same_are_refused():
    """Also where one of them names the provider twice; another span is another limit."""
    text = (
        '[[limits]]\nmodel = "openai/m"\nusd = 5\ntokens = 5\nper = "day"\n'
        '[[limits]]\nmodel = "openai/m"\nusd = 5\nper = "month"\n'
        '[[limits]]\nprovider = "openai"\nmodel = "openai/m"\nusd = 6\nper = "day"\n'
    )
    assert problems(text) == [
        (13, "limits[2].usd", "is limited for the same already in limits[0] | keep one of the two")
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("limits = 5", "must be a list of sections, not a number"),
        ("[limits]\nusd = 5", "write [[limits]] above its entries"),
        ("limits = [5]", "must be a section, not a number"),
    ],
)
def test_a_section_of_another_form_is_explained(text, said):
    """Above all the single brackets."""
    assert said in problem(text)[2]


def test_limits_may_be_written_on_a_line_each():
    """With their lines in problems too."""
    text = 'limits = [\n  { usd = 5, per = "day" },\n  { usd = -5, per = "month" },\n]'
    assert problem(text)[:2] == (3, "limits[1].usd")


def test_a_limit_on_a_provider_with_a_problem_is_no_second_problem():
    """It exists all the same."""
    found = problem(f'[providers.work]\nkind = "openai"\n{ENTRY}usd = 5\nprovider = "work"\n')
    assert found[1] == "providers.work"


@pytest.mark.parametrize("name", ["key", "client", "api_key", "provider", "model", "usd"])
def test_a_key_in_a_limit_is_refused_and_not_repeated(name):
    """As everywhere in the file."""
    told = str(
        problems(
            f'{ENTRY}requests = 5\nprovider = "openai"\n{name} = "{KEY}"'.replace(
                'provider = "openai"\nprovider', "provider"
            )
        )
    )
    assert KEY not in told
    if name in {"key", "client", "api_key"}:
        assert "a key does not belong in the config" in told
