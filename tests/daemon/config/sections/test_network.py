from pathlib import Path

import pytest

from aircherd.config.load import parse_config
from aircherd.config.model import Network
from helpers.config_problems import problem


def test_network_is_read(tmp_path: Path) -> None:
    """A relative `ca_file` starts at the config's directory."""
    (tmp_path / "corp.pem").touch()
    text = '[network]\nproxy = "http://p:3128"\nca_file = "corp.pem"\nidle_timeout = 90'
    assert parse_config(text, file=str(tmp_path / "config.toml")).network == Network(
        proxy="http://p:3128", ca_file=str(tmp_path / "corp.pem"), idle_timeout=90.0
    )


@pytest.mark.parametrize(
    ("entry", "name", "hint"),
    [
        ("connect_timeout = 0", "connect_timeout", "greater than 0"),
        ('first_byte_timeout = "10s"', "first_byte_timeout", "must be a number of seconds"),
        ("idle_timeout = inf", "idle_timeout", "greater than 0"),
        ("request_timeout = 600000", "request_timeout", "not milliseconds"),
        ('proxy = "proxy:3128"', "proxy", "must begin with http:// or https://"),
        ('proxy = "http://u:CANARY@p:1"', "proxy", "remove the part before the @"),
        ('ca_file = "no-such.pem"', "ca_file", "check the path"),
        ("ca_file = true", "ca_file", "not true or false"),
    ],
)
def test_invalid_entry_is_reported_at_its_line(entry: str, name: str, hint: str) -> None:
    """Without the value."""
    found = problem(f"# here\n[network]\n\n{entry}")
    assert (found[0], found[1]) == (4, f"network.{name}")
    assert hint in found[2]
    assert "CANARY" not in found[2]


def test_models_dev_may_be_a_mirror() -> None:
    """Over https, or from a server on this machine."""
    for url in ("https://mirror.example/api.json", "http://127.0.0.1:8000/api.json"):
        config = parse_config(f'[network]\nmodels_dev = "{url}"', file="c")
        assert config.network.models_dev == url


def test_models_dev_over_plain_http_is_refused() -> None:
    """The prices could be changed in transit."""
    found = problem('[network]\nmodels_dev = "http://mirror.example/api.json"')
    assert "is plain http to another machine" in found[2]
