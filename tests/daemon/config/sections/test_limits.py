"""`[[limits]]`: valid entries, and the problems of invalid ones."""

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


def test_all_entries_are_read():
    """The file's order is kept."""
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


def test_limit_for_a_label_or_a_project(monkeypatch, tmp_path):
    """The label counts at all providers; a folder is written in full, any other name is kept."""
    monkeypatch.setenv("HOME", str(tmp_path))
    entries = ('key = "work"', 'project = "~/acme"', 'project = "nightly"')
    found = limits_of("".join(f"{ENTRY}requests = 1\n{entry}\n" for entry in entries))
    assert [limit.scope for limit in found] == [
        LimitScope(key="work"),
        LimitScope(project=f"{tmp_path.resolve()}/acme"),
        LimitScope(project="nightly"),
    ]


def test_limit_without_a_scope_counts_everything():
    """By default it warns at 80 %."""
    (limit,) = limits_of(f"{ENTRY}requests = 0")
    assert (limit.scope, limit.amounts, limit.warn_at) == (LimitScope(), {"requests": 0}, 0.8)


@pytest.mark.parametrize("text", ["", "limits = []"])
def test_limits_are_optional(text):
    """Without any, nothing is limited."""
    assert limits_of(text) == ()


@pytest.mark.parametrize(
    ("line", "path", "expected"),
    [
        ("requests = -1", "requests", "must be from 0 to"),
        ("requests = 1.5", "requests", "must be a whole number"),
        ("tokens = true", "tokens", "must be a whole number, not true or false"),
        ("tokens = '5'", "tokens", "must be a whole number, not a string"),
        ("tokens = 9_000_000_000_000_000", "tokens", "must be from 0 to"),
        ("usd = -0.5", "usd", "must be 0 or more"),
        ("usd = '-3'", "usd", "must be 0 or more"),
        ("usd = '$5'", "usd", 'write 5.0 or "5.00"'),
        ("usd = 5e-10", "usd", "with at most 9 decimals"),
        ("usd = '0.0000000001'", "usd", "with at most 9 decimals"),
        ("usd = 2e9", "usd", "must be from 0 to 1000000000"),
        ("usd = inf", "usd", "is not an amount in USD"),
        ("usd = nan", "usd", "is not an amount in USD"),
        ("usd = 1e300", "usd", "is not an amount in USD"),
        ("usd = [5]", "usd", "must be an amount in USD, not a list"),
        ("requests = 1\nwarn_at = 80", "warn_at", "write 0.8"),
        ("requests = 1\nwarn_at = 0", "warn_at", "must be greater than 0"),
        ("requests = 1\nwarn_at = nan", "warn_at", "must be greater than 0"),
        ("requests = 1\nprovider = 'antropic'", "provider", 'did you mean "anthropic"?'),
        ("requests = 1\nprovider = 5", "provider", "must be a string in quotes"),
        ("requests = 1\nmodel = 'antropic/c'", "model", 'did you mean "anthropic"?'),
        ("requests = 1\nmodel = 'gpt-5.5'", "model", "must be of the form provider/model"),
        ("requests = 1\nmodel = 'openai/'", "model", "must be of the form provider/model"),
        ("requests = 1\nmodel = 'fast'", "model", "is an alias"),
        ("requests = 1\nkey = 'two words'", "key", "is not the label of a key"),
        ("requests = 1\nmodel = 'openai@work/m'", "model", "names a key"),
        ("requests = 1\nclient = ''", "client", "is empty"),
        ("requests = 1\nclient = '*@Box'", "client", "in capital letters"),
        ("token = 1000", "token", 'did you mean "tokens"?'),
        ("cost = 5", "cost", "known here: provider, key, model, client"),
    ],
)
def test_invalid_entry_is_reported_at_its_line(line, path, expected):
    """One mistake, one problem, with the index of the limit."""
    alias = '[models.fast]\nroutes = ["openai/x"]\n'
    good = '[[limits]]\nrequests = 5\nper = "hour"\n'
    found = problem(f"{alias}{good}{ENTRY}{line}")
    assert found[:2] == (8 + line.count("\n"), f"limits[1].{path}")
    assert expected in found[2]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ('per = "day"', "has no amount | add requests = 100"),
        ("requests = 5", 'has no per | add per = one of "minute", "hour", "day", "month"'),
    ],
)
def test_missing_entry_is_reported_at_the_limit(entry, expected):
    """A limit without an amount or a window would limit nothing."""
    found = problem(f'[[limits]]\nper = "day"\nrequests = 1\n\n[[limits]]\n{entry}\n')
    assert found[:2] == (5, "limits[1]")
    assert expected in found[2]


def test_invalid_window_suggests_the_nearest():
    """There are four windows."""
    found = problem('[[limits]]\nrequests = 5\nper = "days"')
    assert found[:2] == (3, "limits[0].per")
    assert 'did you mean "day"?' in found[2]


def test_model_of_another_provider_is_refused():
    """One of the two lines is a mistake."""
    found = problem(f'{ENTRY}usd = 5\nprovider = "openai"\nmodel = "anthropic/c"')
    assert found[:2] == (5, "limits[0].model")
    assert "is a model of another provider" in found[2]


def test_key_of_a_provider_without_keys_is_refused():
    """Such a limit would never count anything."""
    found = problem(f'{ENTRY}requests = 5\nprovider = "ollama"\nkey = "default"')
    assert found[:2] == (5, "limits[0].key")
    assert "names a key of a provider that needs none" in found[2]


def test_duplicate_limit_is_refused():
    """Even if one names the provider twice; another window is another limit."""
    text = (
        '[[limits]]\nmodel = "openai/m"\nusd = 5\ntokens = 5\nper = "day"\n'
        '[[limits]]\nmodel = "openai/m"\nusd = 5\nper = "month"\n'
        '[[limits]]\nprovider = "openai"\nmodel = "openai/m"\nusd = 6\nper = "day"\n'
    )
    assert problems(text) == [
        (13, "limits[2].usd", "is already limited in limits[0] | keep one of the two")
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("limits = 5", "must be a list of sections, not a number"),
        ("[limits]\nusd = 5", "write [[limits]] above its entries"),
        ("limits = [5]", "must be a section, not a number"),
    ],
)
def test_malformed_section_gets_a_hint(text, expected):
    """Single brackets are the usual mistake."""
    assert expected in problem(text)[2]


def test_inline_limits_have_their_own_lines():
    """A list of inline tables is allowed; problems name the line of the entry."""
    text = 'limits = [\n  { usd = 5, per = "day" },\n  { usd = -5, per = "month" },\n]'
    assert problem(text)[:2] == (3, "limits[1].usd")


def test_limit_on_an_invalid_provider_is_no_second_problem():
    """The provider exists."""
    found = problem(f'[providers.work]\nkind = "openai"\n{ENTRY}usd = 5\nprovider = "work"\n')
    assert found[1] == "providers.work"


@pytest.mark.parametrize("name", ["key", "client", "api_key", "provider", "model", "usd"])
def test_key_in_a_limit_is_refused_and_not_repeated(name):
    """As everywhere in the file."""
    found = str(
        problems(
            f'{ENTRY}requests = 5\nprovider = "openai"\n{name} = "{KEY}"'.replace(
                'provider = "openai"\nprovider', "provider"
            )
        )
    )
    assert KEY not in found
    if name in {"key", "client", "api_key"}:
        assert "a key does not belong in the config" in found


SHARED = '[shared]\nurl = "rediss://h"\n'


@pytest.mark.parametrize(
    ("scope", "is_shared"), [("", True), ('scope = "shared"\n', True), ('scope = "local"\n', False)]
)
def test_limits_are_shared_where_there_is_an_engine(scope: str, is_shared: bool) -> None:
    """Unless they say otherwise."""
    [limit] = limits_of(f"{ENTRY}requests = 1\n{scope}{SHARED}")
    assert limit.is_shared is is_shared


def test_limits_are_local_without_an_engine():
    """As they were; `shared` would promise what nothing keeps."""
    assert [limit.is_shared for limit in limits_of(f"{ENTRY}requests = 1\nscope = 'local'\n")] == [
        False
    ]
    line, path, message = problem(f"{ENTRY}requests = 1\nscope = 'shared'\n")
    assert (line, path) == (4, "limits[0].scope")
    assert "needs [shared]" in message


def test_scope_is_one_of_two():
    """A typo is near one of them."""
    _, path, message = problem(f"{ENTRY}requests = 1\nscope = 'shred'\n{SHARED}")
    assert path == "limits[0].scope"
    assert 'must be one of "shared", "local"' in message


def test_fleet_and_machine_may_limit_the_same():
    """Twenty for all, five for this one."""
    one = f"{ENTRY}usd = 20\n"
    other = f"{ENTRY}usd = 5\nscope = 'local'\n"
    assert [limit.is_shared for limit in limits_of(one + other + SHARED)] == [True, False]
    assert "already limited" in problem(one + one + SHARED)[2]
    assert "already limited" in problem(other + other + SHARED)[2]


def test_shared_budget_is_what_the_engine_can_add_up_exactly():
    """Sums in its scripts are doubles."""
    assert limits_of(f"{ENTRY}usd = 9000000\n{SHARED}")[0].is_shared
    line, path, message = problem(f"{ENTRY}usd = 9000000.01\n{SHARED}")
    assert (line, path) == (3, "limits[0].usd")
    assert "must be at most 9000000" in message
    assert limits_of(f"{ENTRY}usd = 1000000000\n")[0].usd == 1_000_000_000
