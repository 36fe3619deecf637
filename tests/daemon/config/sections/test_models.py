import pytest

from aircherd.config.load import parse_config
from aircherd.config.model import Alias, Route
from helpers.config_problems import problem

WORK = '[providers.work]\nkind = "openai"\nbase_url = "https://h/v1"\n'


def test_routes_of_an_alias_keep_their_order() -> None:
    """A model's name may contain slashes; a provider may be defined later in the file."""
    text = f'[models.sonnet]\nroutes = ["work/m", "openrouter/anthropic/claude"]\n{WORK}'
    assert parse_config(text, file="c").models == {
        "sonnet": Alias("sonnet", (Route("work", "m"), Route("openrouter", "anthropic/claude")))
    }


def test_a_route_may_name_a_key() -> None:
    """By its label, that of a variable, or as a command."""
    names = ["openai@work/m", "openai@env:WORK_KEY/m", "openai@command/m"]
    config = parse_config(f"[models.mine]\nroutes = {names}", file="c")
    routes = config.models["mine"].routes
    assert [route.key for route in routes] == ["work", "env:WORK_KEY", "command"]
    assert [str(route) for route in routes] == names


@pytest.mark.parametrize(
    "model", ["sonnet", "openai/gpt-5.5", "openrouter/a/b:free", "openai@work/gpt"]
)
def test_default_model_is_an_alias_or_provider_and_model(model: str) -> None:
    """It is kept as it is written."""
    text = f'default_model = "{model}"\n[models.sonnet]\nroutes = ["openai/x"]'
    assert parse_config(text, file="c").default_model == model


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ('"gpt-5.5"', "write provider/model"),
        ('"sonet"', 'did you mean "sonnet"?'),
        ('"opnai/gpt"', 'did you mean "openai"?'),
        ('"openai/"', "must be of the form provider/model"),
        ('"openai@/gpt"', "must be of the form provider/model"),
        ('"openai@two words/gpt"', "is not the label of a key"),
        ('"openai@sk-CANARY-1/gpt"', "a key does not belong in the config"),
        ('"openai/sk-CANARY-1"', "a key does not belong in the config"),
        ('"sk-CANARY-1"', "a key does not belong in the config"),
        ("5", "must be a string in quotes, not a number"),
        ('""', "is empty"),
    ],
)
def test_invalid_default_model_is_refused(value: str, hint: str) -> None:
    """At its line, without its value."""
    found = problem(f'\ndefault_model = {value}\n[models.sonnet]\nroutes = ["openai/x"]')
    assert (found[0], found[1]) == (2, "default_model")
    assert hint in found[2]
    assert "CANARY" not in found[2]


@pytest.mark.parametrize(
    ("route", "hint"),
    [
        ("antropic/x", 'did you mean "anthropic"?'),
        ("zzz/x", "known here: anthropic, openai, gemini, openrouter, ollama"),
        ("claude", "must be of the form provider/model"),
        ("openai", 'add a model: "openai/MODEL"'),
        ("openai/", "must be of the form provider/model"),
        ("sk-CANARY-1/x", "a key does not belong in the config"),
        ("sonnet", "providers: anthropic"),
    ],
)
def test_invalid_route_is_reported_at_its_line(route: str, hint: str) -> None:
    """Even within a list over several lines."""
    text = f'[models.sonnet]\nroutes = [\n  "openai/x",  # good\n\n  "{route}",\n]'
    found = problem(text)
    assert (found[0], found[1]) == (5, "models.sonnet.routes[1]")
    assert hint in found[2]
    assert "CANARY" not in found[2]


@pytest.mark.parametrize(
    ("text", "line", "path", "hint"),
    [
        ("\n[models.a]", 2, "models.a", "add routes ="),
        ("[models.a]\nroutes = []", 2, "models.a.routes", "empty list"),
        ('[models.a]\nroutes = "openai/x"', 2, "models.a.routes", "must be a list of strings"),
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
def test_malformed_section_gets_a_hint(text: str, line: int, path: str, hint: str) -> None:
    """With an example of the correct syntax."""
    found = problem(text)
    assert (found[0], found[1]) == (line, path)
    assert hint in found[2]
    assert "CANARY" not in found[2]
