from datetime import UTC, datetime
from pathlib import Path

import pytest

from aircherd.config import values
from aircherd.config.problems import BadValue


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://api.example.com/v1/", "https://api.example.com/v1"),
        ("HTTPS://Api.Example.com", "https://Api.Example.com"),
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://gpu_box:1", "http://gpu_box:1"),
        ("https://xn--bcher-kva.example/v1", "https://xn--bcher-kva.example/v1"),
        ("https://host/" + "a" * 2035, "https://host/" + "a" * 2035),
    ],
)
def test_base_url_loses_its_trailing_slash(value: str, expected: str) -> None:
    """Everything else stays."""
    assert values.read_base_url(value) == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("ftp://host", "http:// or https://"),
        ("localhost:8000/v1", "http:// or https://"),
        ("api.example.com", "http:// or https://"),
        ("http://", "host"),
        ("http://:80/v1", "host"),
        ("http:///v1", "host"),
        ("http://ho<st", "host"),
        ("http://host:0", "host"),
        ("http://[zz]/", "valid URL"),
        ("http://host:eighty", "port"),
        ("http://host:99999", "port"),
        ("http://CANARY@host", "user or a password"),
        ("http://u:CANARY@host", "user or a password"),
        ("http://host/v1?key=CANARY", "before any ?"),
        ("http://host/v1?", "before any ?"),
        ("http://host/v1#CANARY", "before any ?"),
        ("http://host/sk-ant-CANARY/v1", "a key does not belong"),
        ("http://ho st", "spaces"),
        (" http://host", "spaces"),
        ("http://host\n", "control character"),
        ("http://hóst", "ASCII"),
        ("http://host/v1/chat/completions", "base of the API"),
        ("https://xn--0.example/v1", "can be called"),
        ("https://xn--0.CANARY.x", "can be called"),
        ("http://1.2.3.999", "can be called"),
        ("https://host/" + "a" * 2036, "more than 2048 characters"),
        ("https://host/CANARY" + "a" * 100_000, "more than 2048 characters"),
        ("", "empty"),
        (5, "not a number"),
    ],
)
def test_invalid_base_url_is_refused(value: object, message: str) -> None:
    """It is not repeated, because it may contain a key."""
    with pytest.raises(BadValue) as caught:
        values.read_base_url(value)
    assert message in caught.value.message
    assert "CANARY" not in f"{caught.value.message} {caught.value.hint}"


def test_proxy_is_a_host_and_a_port() -> None:
    """A path or a password is refused."""
    assert values.read_proxy("http://proxy:3128/") == "http://proxy:3128"
    for value in ("http://proxy/path", "http://u:p@proxy", "socks5://proxy", "http://xn--0.x"):
        with pytest.raises(BadValue):
            values.read_proxy(value)


@pytest.mark.parametrize(("value", "expected"), [(5, 5.0), (0.5, 0.5), (86_400, 86_400.0)])
def test_seconds_are_read_as_float(value: object, expected: float) -> None:
    """Integers are accepted, too."""
    assert values.read_seconds(value) == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (0, "greater than 0"),
        (-1.5, "greater than 0"),
        (float("inf"), "greater than 0"),
        (float("nan"), "greater than 0"),
        (600_000, "longer than a day"),
        (True, "not true or false"),
        ("5", "not a string"),
        (datetime(2026, 1, 1, tzinfo=UTC), "not a date or time"),
    ],
)
def test_seconds_must_be_positive_and_finite(value: object, message: str) -> None:
    """A very large number was probably meant in milliseconds."""
    with pytest.raises(BadValue, match=message):
        values.read_seconds(value)


def test_relative_file_starts_at_the_configs_directory(tmp_path: Path) -> None:
    """An absolute path is used unchanged."""
    (tmp_path / "ca.pem").touch()
    assert values.read_file("ca.pem", tmp_path) == str(tmp_path / "ca.pem")
    assert values.read_file(str(tmp_path / "ca.pem"), Path("/")) == str(tmp_path / "ca.pem")


def test_tilde_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a shell."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "ca.pem").touch()
    assert values.read_file("~/ca.pem", Path("/")) == str(tmp_path / "ca.pem")


@pytest.mark.parametrize("value", ["none.pem", ".", "~no-such-user/ca.pem", "a\0b"])
def test_missing_file_is_refused(value: str, tmp_path: Path) -> None:
    """So is a directory."""
    with pytest.raises(BadValue):
        values.read_file(value, tmp_path)


def test_empty_list_is_refused() -> None:
    """So is any other type."""
    assert values.read_list([1]) == [1]
    with pytest.raises(BadValue, match="empty list"):
        values.read_list([])
    with pytest.raises(BadValue, match="not a section"):
        values.read_list({})


def test_choice_suggests_the_nearest() -> None:
    """Not if there is only one choice, or if none is near."""
    with pytest.raises(BadValue, match=r'^must be "a"$') as caught:
        values.read_choice("b", ("a",))
    assert caught.value.hint is None
    with pytest.raises(BadValue, match=r"^must be one of") as caught:
        values.read_choice("opnai", ("openai", "ollama"))
    assert caught.value.hint == 'did you mean "openai"?'
    with pytest.raises(BadValue, match=r"^must be one of") as caught:
        values.read_choice("week", ("day", "month"))
    assert caught.value.hint is None  # the message lists the choices
