import pytest

from aircherd.config.load import parse_config
from aircherd.config.model import Task
from helpers.config_problems import problem, problems

KEY = "sk-ant-api03-CANARYcanary0123456789"


def test_a_task_has_every_setting() -> None:
    """A system prompt may have several lines, and a tool named twice counts once."""
    text = """
[models.sonnet]
routes = ["anthropic/claude-sonnet-5"]

[tasks.review]
model = "sonnet"
system = '''
You review code.
\tBe brief.'''
temperature = 0
max_tokens = 2000
reasoning = "low"
tools = ["web_search", "web_search"]
"""
    assert parse_config(text, file="c").tasks == {
        "review": Task(
            model="sonnet",
            system="You review code.\n\tBe brief.",
            temperature=0.0,
            max_tokens=2000,
            reasoning="low",
            tools=("web_search",),
        )
    }


def test_every_setting_is_optional() -> None:
    """Without a model, the default one is used; names may have any letters."""
    text = '[tasks."a-b_c.1"]\n[tasks."é"]\n'
    assert parse_config(text, file="c").tasks == {"a-b_c.1": Task(), "é": Task()}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("model = 5", "must be a string in quotes, not a number"),
        ('model = "gpt-5.5"', "is not an alias: write provider/model"),
        ('model = "opnai/gpt"', 'did you mean "openai"?'),
        ('system = ["a"]', "must be a string in quotes, not a list"),
        ('system = " "', "is empty"),
        (r'system = "a\u0007b"', "contains a control character"),
        (f'system = "use {KEY}"', "a key does not belong in the config"),
        ('temperature = "0"', "must be a number, not a string"),
        ("temperature = true", "must be a number, not true or false"),
        ("temperature = nan", "must be from 0 to 2"),
        ("temperature = 2.1", "must be from 0 to 2"),
        ("max_tokens = 0", "must be from 1 to 10000000"),
        ("max_tokens = 1.5", "must be a whole number of tokens, not a number"),
        ('reasoning = "hihg"', 'did you mean "high"?'),
        ('tools = "web_search"', "must be a list of strings"),
        ("tools = []", "is an empty list"),
        ('tools = ["web"]', 'must be one of "web_search", "code_execution"'),
        ('modle = "openai/x"', 'is unknown in [tasks.NAME] | did you mean "model"?'),
    ],
)
def test_an_invalid_setting_is_refused(entry: str, message: str) -> None:
    """At its line, without its value."""
    line, path, text = problem(f"[tasks.t]\n\n{entry}\n")
    assert line == 3
    assert str(path).startswith(f"tasks.t.{entry.split(maxsplit=1)[0]}")
    assert message in text
    assert "CANARY" not in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[tasks."a b"]', "is not a valid task name"),
        ('[tasks."-x"]', "is not a valid task name"),
        (f'[tasks."{"x" * 65}"]', "is not a valid task name"),
        ('[tasks]\nmodel = "openai/x"', "must be a section, not a string"),
        (f'[tasks]\n"{KEY}" = 1', "a key does not belong in the config"),
        (f'[tasks]\napi_key = "{KEY}"', "a key does not belong in the config"),
    ],
)
def test_an_invalid_task_is_refused(text: str, message: str) -> None:
    """A name has to be usable on a command line without quotes."""
    ((_, path, found),) = problems(text)
    assert message in found
    assert "CANARY" not in f"{path}{found}"
