"""Which tool is meant, and which of its options cannot be used."""

import pytest

from aircher_cli.commands.run.choice import choose, client_name
from aircher_cli.exit_codes import UsageError


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["claude", "-p", "hi"], "claude"),
        (["/usr/bin/codex"], "codex"),
        (["npx", "-y", "@openai/codex@latest", "exec"], "codex"),
        (["./my script.sh"], "my-script.sh"),
        (["python3", "x.py"], "python3"),
        (["…"], "tool"),
    ],
)
def test_the_name_in_usage(words, name):
    """That of the table, else that of the program, in letters that a name may have."""
    assert client_name(choose(words), words) == name


def test_the_user_may_say_what_it_is():
    """For a wrapper with a name of its own."""
    assert choose(["./start.sh"], "gemini").tool.name == "gemini"
    with pytest.raises(UsageError, match="did you mean gemini"):
        choose(["./start.sh"], "gemni")


@pytest.mark.parametrize(
    "words",
    [
        ["cn", "--config", "mine.yaml"],
        ["qwen", "--openai-base-url=http://x"],
        ["codex", "--oss"],
        ["codex", "exec", "-c", "model_provider=mine"],
        ["codex", "-c", "model_providers.aircher.base_url=x"],
        ["aider", "--openai-api-base", "x"],
    ],
)
def test_options_that_would_lead_it_elsewhere_are_refused(words):
    """By name, and without the value, which may be a key."""
    with pytest.raises(UsageError, match="would lead it elsewhere") as raised:
        choose(words)
    assert "http://x" not in raised.value.message


@pytest.mark.parametrize(
    "words",
    [
        ["claude", "--model", "opus"],
        ["codex", "-c", "model_reasoning_effort=high"],
        ["cn", "-p", "--", "--config"],
        ["python", "--config", "x"],
    ],
)
def test_its_other_options_are_its_own(words):
    """Also what only looks like one."""
    choose(words)
