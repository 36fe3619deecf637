"""`[http]`: whether a port is open, and who may use it."""

import pytest

from aircherd.config.load import parse_config
from aircherd.config.model import Http
from helpers.config_problems import problem


def test_the_section_is_read() -> None:
    """Without it no port is open; names of hosts are compared in lower case."""
    assert parse_config("", file="f").http == Http()
    text = (
        "[http]\nport = 4141\n"
        'hosts = ["Host.Docker.Internal", "box:8080", "box:8080"]\n'
        'origins = ["http://localhost:3000", "moz-extension://0a1b"]\n'
        '[http.models]\n"claude-*" = "openai/gpt-5"\n'
    )
    assert parse_config(text, file="f").http == Http(
        port=4141,
        hosts=("host.docker.internal", "box:8080"),
        origins=("http://localhost:3000", "moz-extension://0a1b"),
        models={"claude-*": "openai/gpt-5"},
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("port = true", "must be the number of a port"),
        ('port = "4141"', "must be the number of a port"),
        ("port = 0", "must be from 1 to 65535"),
        ("port = 65536", "must be from 1 to 65535"),
        ('hosts = "box"', "must be a list"),
        ('hosts = ["http://box"]', "is not the name of a host"),
        ('hosts = ["*"]', "is not the name of a host"),
        ('origins = ["*"]', "is not an origin"),
        ('origins = ["http://box/"]', "is not an origin"),
        ('origins = ["null"]', "is not an origin"),
        ("models = 3", "must be a section"),
        ("models = { a = 1 }", "must be a string"),
        ('models = { a = "nothing" }', "is not an alias"),
        ('models = { a = "nothing/x" }', "a provider that does not exist"),
        ("ports = 3", "is unknown"),
    ],
)
def test_invalid_entries_are_reported_at_their_line(line: str, message: str) -> None:
    """Nothing stands for every page or every name."""
    found = problem(f"[http]\n{line}")
    assert found[0] == 2
    assert message in found[2]
