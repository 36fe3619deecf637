from pathlib import Path

import pytest

from aircherd.config.load import parse_config
from aircherd.config.model import DEFAULT_CONFIG, Alias, Network, Route
from aircherd.errors import ConfigInvalid
from helpers.config_problems import problem, problems

WORK = '[providers.work]\nkind = "openai"\nbase_url = "https://h/v1"\n'


def test_an_empty_file_is_the_built_in_config() -> None:
    """As no file is."""
    assert parse_config("# nothing yet\n", file="c") == DEFAULT_CONFIG


def test_built_in_providers_serve_before_ones_own() -> None:
    """Those in their order, these in the file's."""
    text = WORK.replace("work", "zeta") + WORK.replace("work", "alpha") + "[providers.openai]\n"
    config = parse_config(text, file="c")
    assert list(config.providers) == [*DEFAULT_CONFIG.providers, "zeta", "alpha"]


def test_an_alias_has_its_routes_in_order() -> None:
    """A model's own name may hold slashes; a provider may be defined further down."""
    text = f'[models.sonnet]\nroutes = ["work/m", "openrouter/anthropic/claude"]\n{WORK}'
    assert parse_config(text, file="c").models == {
        "sonnet": Alias("sonnet", (Route("work", "m"), Route("openrouter", "anthropic/claude")))
    }


@pytest.mark.parametrize("model", ["sonnet", "openai/gpt-5.5", "openrouter/a/b:free"])
def test_the_default_is_an_alias_or_a_providers_model(model: str) -> None:
    """It is kept as it is written."""
    text = f'default_model = "{model}"\n[models.sonnet]\nroutes = ["openai/x"]'
    assert parse_config(text, file="c").default_model == model


@pytest.mark.parametrize(
    ("value", "cure"),
    [
        ('"gpt-5.5"', "write provider/model"),
        ('"sonet"', 'did you mean "sonnet"?'),
        ('"opnai/gpt"', 'did you mean "openai"?'),
        ('"openai/"', "must be of the form provider/model"),
        ('"sk-CANARY-1"', "write provider/model"),
        ("5", "must be a text in quotes, not a number"),
        ('""', "is empty"),
    ],
)
def test_a_default_that_names_nothing_is_refused(value: str, cure: str) -> None:
    """On its line, without its value."""
    found = problem(f'\ndefault_model = {value}\n[models.sonnet]\nroutes = ["openai/x"]')
    assert (found[0], found[1]) == (2, "default_model")
    assert cure in found[2]
    assert "CANARY" not in found[2]


@pytest.mark.parametrize(
    ("route", "cure"),
    [
        ("antropic/x", 'did you mean "anthropic"?'),
        ("zzz/x", "known here: anthropic, openai, gemini, openrouter, ollama"),
        ("claude", "must be of the form provider/model"),
        ("openai", 'add a model: "openai/MODEL"'),
        ("openai/", "must be of the form provider/model"),
        ("sk-CANARY-1/x", "names a provider that does not exist"),
        ("sonnet", "providers: anthropic"),
    ],
)
def test_a_route_that_leads_nowhere_is_refused_on_its_own_line(route: str, cure: str) -> None:
    """Also within a list over several lines."""
    text = f'[models.sonnet]\nroutes = [\n  "openai/x",  # good\n\n  "{route}",\n]'
    found = problem(text)
    assert (found[0], found[1]) == (5, "models.sonnet.routes[1]")
    assert cure in found[2]
    assert "CANARY" not in found[2]


@pytest.mark.parametrize(
    ("text", "line", "path", "cure"),
    [
        ("\n[models.a]", 2, "models.a", "add routes ="),
        ("[models.a]\nroutes = []", 2, "models.a.routes", "empty list"),
        ('[models.a]\nroutes = "openai/x"', 2, "models.a.routes", "must be a list of texts"),
        ("[models.a]\nroutes = [5]", 2, "models.a.routes[0]", "not a number"),
        ('[models]\na = "openai/x"', 2, "models.a", "write [models.NAME]"),
        ('[models."a/b"]\nroutes = ["openai/x"]', 1, "models.'a/b'", "no slash"),
        ('[models."a b"]\nroutes = ["openai/x"]', 1, "models.'a b'", "without spaces"),
        ('[models.""]\nroutes = ["openai/x"]', 1, "models.''", "1 to 64 characters"),
        ('[models]\napi_key = "CANARY"', 2, "models.api_key", "aircher-cli auth login"),
        ('\nproviders = "x"', 2, "providers", "must be a section"),
        ("[[models]]\nx = 1", 1, "models", "must be a section"),
        ("network = 5", 1, "network", "must be a section"),
    ],
)
def test_a_section_of_another_form_is_refused(text: str, line: int, path: str, cure: str) -> None:
    """With an example of the right one."""
    found = problem(text)
    assert (found[0], found[1]) == (line, path)
    assert cure in found[2]
    assert "CANARY" not in found[2]


def test_one_mistake_is_one_problem() -> None:
    """A bad entry's provider and a bad alias may still be named elsewhere."""
    text = (
        'default_model = "m"\n[providers.work]\nkind = "opnai"\nbase_url = "https://h"\n'
        '[models.m]\nroutes = ["work/x", 5]'
    )
    assert [line for line, _, _ in problems(text)] == [3, 6]


def test_network_is_read(tmp_path: Path) -> None:
    """A relative `ca_file` begins at the config's folder."""
    (tmp_path / "corp.pem").touch()
    text = '[network]\nproxy = "http://p:3128"\nca_file = "corp.pem"\nidle_timeout = 90'
    assert parse_config(text, file=str(tmp_path / "config.toml")).network == Network(
        proxy="http://p:3128", ca_file=str(tmp_path / "corp.pem"), idle_timeout=90.0
    )


@pytest.mark.parametrize(
    ("entry", "name", "cure"),
    [
        ("connect_timeout = 0", "connect_timeout", "greater than 0"),
        ('first_byte_timeout = "10s"', "first_byte_timeout", "must be a number of seconds"),
        ("idle_timeout = inf", "idle_timeout", "greater than 0"),
        ("request_timeout = 600000", "request_timeout", "not milliseconds"),
        ('proxy = "proxy:3128"', "proxy", "must begin with http:// or https://"),
        ('proxy = "http://u:CANARY@p:1"', "proxy", "remove what stands before the @"),
        ('ca_file = "no-such.pem"', "ca_file", "check the path"),
        ("ca_file = true", "ca_file", "not true or false"),
    ],
)
def test_a_bad_network_entry_is_refused(entry: str, name: str, cure: str) -> None:
    """On its line."""
    found = problem(f"# here\n[network]\n\n{entry}")
    assert (found[0], found[1]) == (4, f"network.{name}")
    assert cure in found[2]
    assert "CANARY" not in found[2]


def test_how_long_the_ledger_keeps_attempts() -> None:
    """For ever if nothing is said, and never for less than a month's limits need."""
    assert parse_config("", file="f").keep_days is None
    assert parse_config("[usage]\nkeep_days = 400", file="f").keep_days == 400


@pytest.mark.parametrize(
    ("value", "told"),
    [("7", "must be from 32"), ("true", "must be a whole number"), ('"400"', "must be a whole")],
)
def test_days_that_are_none(value: str, told: str) -> None:
    """With the line."""
    with pytest.raises(ConfigInvalid) as caught:
        parse_config(f"[usage]\nkeep_days = {value}", file="f")
    (problem,) = caught.value.data["problems"]
    assert (problem["line"], problem["path"]) == (2, "usage.keep_days")
    assert told in problem["message"]
