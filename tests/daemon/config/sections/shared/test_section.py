"""`[shared]`: the engine of a fleet."""

from pathlib import Path

import pytest

from aircherd.config.load import parse_config
from aircherd.config.model import EngineAddress, Shared
from helpers.config_problems import problem, problems

URL = 'url = "rediss://valkey.example.com"'
CANARY = "sk-canary-0123456789abcdef0123456789"


def shared_of(text: str, file: str = "c") -> Shared | None:
    return parse_config(f"[shared]\n{text}", file=file).shared


def test_without_the_section_there_is_no_fleet() -> None:
    """Nothing is shared."""
    assert parse_config("", file="c").shared is None


def test_a_url_is_enough() -> None:
    """Everything else has a default."""
    address = EngineAddress(scheme="rediss", host="valkey.example.com")
    assert shared_of(URL) == Shared(address=address)


def test_all_entries_are_read(tmp_path: Path) -> None:
    """Files are relative to the configuration."""
    for name in ("ca.pem", "own.pem", "own.key"):
        (tmp_path / name).touch()
    text = f"""
        {URL}
        namespace = "team:blue"
        key_command = ["pass", "show", "valkey"]
        ca_file = "ca.pem"
        cert_file = "own.pem"
        cert_key_file = "own.key"
        on_outage = "refuse"
        time_zone = "Europe/Berlin"
        machine = "laptop of Ann"
    """
    assert shared_of(text, str(tmp_path / "config.toml")) == Shared(
        address=EngineAddress(scheme="rediss", host="valkey.example.com"),
        namespace="team:blue",
        key_command=("pass", "show", "valkey"),
        ca_file=str(tmp_path / "ca.pem"),
        cert_file=str(tmp_path / "own.pem"),
        cert_key_file=str(tmp_path / "own.key"),
        on_outage="refuse",
        time_zone="Europe/Berlin",
        machine="laptop of Ann",
    )


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ('namespace = "x"', "shared", 'has no url: where the engine is | write url = "rediss'),
        (f'{URL}\nnamespace = "a{{b}}"', "shared.namespace", "is not a valid namespace"),
        (f'{URL}\nnamespace = "a*"', "shared.namespace", "is not a valid namespace"),
        (f'{URL}\nnamespace = "{"a" * 65}"', "shared.namespace", "is not a valid namespace"),
        (f"{URL}\nnamespace = 3", "shared.namespace", "must be a string"),
        (f"{URL}\nkey_command = 'pass'", "shared.key_command", "must be a list"),
        (f"{URL}\nkey_command = []", "shared.key_command", "is an empty list"),
        (f"{URL}\nkey_command = [1]", "shared.key_command[0]", "must be a non-empty string"),
        (f"{URL}\nca_file = 'gone.pem'", "shared.ca_file", "does not exist"),
        (f"{URL}\nca_file = '{__file__}'\ncert_file = '{__file__}'", "shared.cert_file",
         "needs cert_key_file, too"),
        (f"{URL}\ncert_key_file = '{__file__}'", "shared.cert_key_file", "needs cert_file, too"),
        (f"url = 'redis://localhost'\nca_file = '{__file__}'", "shared.ca_file",
         "is for TLS, but the url has none | write rediss://"),
        ("url = 'redis://h'\nkey_command = ['pass']", "shared.url",
         "is plain to another machine: passwords are never sent unencrypted"),
        (f"{URL}\non_outage = 'remote'", "shared.on_outage", 'must be one of "local", "refuse"'),
        (f"{URL}\ntime_zone = 'Europe/Atlantis'", "shared.time_zone", "is not a time zone"),
        (f"{URL}\nmachine = ' '", "shared.machine", "is empty"),
        (f"{URL}\nmachine = '{'a' * 65}'", "shared.machine", "has more than 64 characters"),
        (f"{URL}\nurls = 'x'", "shared.urls", 'is unknown in [shared] | did you mean "url"?'),
    ],
)  # fmt: skip
def test_problems_say_what_to_do(text: str, path: str, message: str) -> None:
    """Each with its line."""
    line, where, found = problem(f"[shared]\n{text}")
    assert where == path
    assert message in found
    assert line == (1 if path == "shared" else line)


@pytest.mark.parametrize(
    "text",
    [
        f'{URL}\npassword = "hunter2-canary"',
        f'{URL}\nkey_command = ["echo", "{CANARY}"]',
        f'{URL}\nnamespace = "{CANARY}"',
        f'{URL}\nmachine = "{CANARY}"',
        'url = "redis://me:hunter2-canary@h"',
        f'url = "redis://{CANARY}@h"',
    ],
)
def test_passwords_are_refused_and_not_repeated(text: str) -> None:
    """The message says how to store one."""
    _, _, message = problem(f"[shared]\n{text}")
    assert "aircher-cli auth login" in message
    assert "canary" not in message


def test_no_provider_has_the_name_of_the_password() -> None:
    """`auth login shared` would not know which is meant; without `[shared]` it does."""
    provider = "[providers.shared]\nkind = 'openai'\nbase_url = 'https://h'\n"
    assert "shared" in parse_config(provider, file="c").providers
    _, path, message = problem(f"{provider}[shared]\n{URL}\n")
    assert path == "providers.shared"
    assert "choose another name" in message


def test_a_section_that_is_none_is_one_problem() -> None:
    """Limits that need it have none."""
    text = "shared = 3\n[[limits]]\nper = 'day'\nrequests = 1\nscope = 'shared'\n"
    assert [(line, path) for line, path, _ in problems(text)] == [(1, "shared")]


def test_an_invalid_section_leaves_nothing_to_use() -> None:
    """Without it, each machine would spend what all may spend."""
    text = f"[shared]\n{URL}\nnamespace = 3\n[[limits]]\nper = 'day'\nrequests = 1\n"
    assert [path for _, path, _ in problems(text)] == ["shared.namespace"]
