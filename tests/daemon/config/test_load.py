import os
import traceback
from pathlib import Path

import pytest

from aircherd.config.load import MAX_BYTES, load_config
from aircherd.config.model import DEFAULT_CONFIG
from aircherd.config.toml.limits import MAX_BRACKETS, MAX_DOTS
from aircherd.errors import ConfigInvalid
from helpers.config_problems import problems_of, refused

CANARY = "sk-ant-api03-CANARYcanary0123456789"
PLAIN_CANARY = "CANARYcanary0123456789abcdefghij"  # the key of a vendor nobody knows

# Everything a user may believe to be the place for a key, each with @@ for the key.
PLACES = [
    'api_key = "@@"',
    'default_model = "@@"',
    'default_model = "@@/x"',
    'openai = "@@"',
    'OPENAI_API_KEY = "@@"',
    '"@@" = 1',
    '[@@]\nx = "@@"',
    '[providers]\nopenai = "@@"',
    '[providers]\ntoken = "@@"',
    '[providers."@@"]\nkind = "@@"\nbase_url = "@@"',
    '[network]\nproxy = "http://user:@@@proxy"',
    '[network]\nca_file = "@@"',
    '[network]\nidle_timeout = "@@"',
    '[models.m]\nroutes = ["@@"]',
    '[models.m]\nroutes = ["@@/@@"]',
    '[models."@@/"]\nroutes = ["@@"]',
    '[models.m]\nkey = "@@"',
    '[limits]\nx = "@@"',
    "api_key = @@",
    'api_key = "@@',
    '[providers.openai]\napi_key = "@@" # and "@@"\nx',
    '"@@" = 1\n"@@" = 2',
    '["@@"]\n["@@"]',
    'x = { "@@" = 1, "@@" = 2 }',
    *(
        f'[providers.work]\nkind = "openai"\nbase_url = "https://h/v1"\n{entry}'
        for entry in (
            *(f'{name} = "@@"' for name in ("api_key", "key", "apikey", "token", "secret")),
            'password = "@@"',
            '"@@" = "@@"',
            'unknown = "@@"',
            'unknown = { a = ["@@"] }',
            'auth = "@@"',
            'env = "@@"',
            'env = ["GOOD", "@@"]',
            'headers = { Authorization = "Bearer @@" }',
            'headers = { x-api-key = "@@" }',
            'headers = { "X @@" = "@@" }',
            'headers = { X-Team = "Bearer @@" }',
            'headers = "@@"',
            'key_command = "@@"',
        )
    ),
    '[providers.work]\nkind = "openai"\nbase_url = "https://@@@h"',
    '[providers.work]\nkind = "openai"\nbase_url = "https://h:@@"',
    '[providers.work]\nkind = "openai"\nbase_url = "https://h/?k=@@"',
    '[providers.work]\nkind = "openai"\nbase_url = "https://[@@"',
    '[providers.work]\nkind = "@@"\nbase_url = "https://h"',
]


@pytest.mark.parametrize("key", [CANARY, PLAIN_CANARY], ids=["known", "unknown"])
@pytest.mark.parametrize("place", PLACES)
def test_a_key_in_the_config_is_refused_and_never_repeated(place: str, key: str) -> None:
    """Not in a problem, the error, its repr, its data, its traceback, or in what caused it."""
    error = refused(place.replace("@@", key))
    assert problems_of(error)
    written = "".join(
        (str(error), repr(error), repr(error.data), *traceback.format_exception(error))
    )
    assert key not in written
    assert "CANARY" not in written
    assert error.__cause__ is None
    assert error.__context__ is None


def test_without_a_file_the_built_in_config_holds(tmp_path: Path) -> None:
    """No file and no folder are needed to start."""
    assert load_config(tmp_path / "none" / "config.toml") is DEFAULT_CONFIG


def test_a_file_is_read(tmp_path: Path) -> None:
    """As UTF-8, with the line ends of any system, and with a byte order mark."""
    file = tmp_path / "config.toml"
    file.write_bytes("\ufeff# é\r\n[network]\r\nidle_timeout = 5\r\n".encode())
    assert load_config(file).network.idle_timeout == 5.0


def test_a_problem_names_the_file_and_the_line(tmp_path: Path) -> None:
    """First in the message, and for programs in `problems`."""
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xef\xbb\xbf[network]\r\n\r\nidle = 5\r\n")
    with pytest.raises(ConfigInvalid, match=f"^{file}, line 3: network.idle: ") as caught:
        load_config(file)
    assert caught.value.data["file"] == str(file)
    assert problems_of(caught.value)[0]["line"] == 3


def _fails(file: Path) -> tuple[object, str]:
    with pytest.raises(ConfigInvalid) as caught:
        load_config(file)
    (problem,) = problems_of(caught.value)
    assert problem["file"] == str(file)
    assert caught.value.message.startswith(str(file))
    return problem["line"], f"{problem['message']} | {problem['hint']}"


def test_a_file_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    """The one with the first wrong byte, whose text is not repeated."""
    file = tmp_path / "config.toml"
    file.write_bytes(b"# fine\n# CANARY \xff\n")
    assert _fails(file) == (2, "is not valid UTF-8 | save the file as UTF-8")


def test_a_text_that_was_not_utf8_on_the_wire_names_the_line() -> None:
    """`config.check` gets it with the wrong bytes kept aside."""
    error = refused("# fine\n\n# \udcff\n")
    assert problems_of(error)[0]["line"] == 3


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_file_is_not_read(tmp_path: Path, kind: str) -> None:
    """A pipe least of all: it would wait for its other end."""
    file = tmp_path / "config.toml"
    {"folder": file.mkdir, "pipe": lambda: os.mkfifo(file)}[kind]()
    line, message = _fails(file)
    assert line == 0
    assert "is not a file" in message


def test_a_link_to_nothing_is_not_taken_for_no_file(tmp_path: Path) -> None:
    """Somebody meant to have a config."""
    file = tmp_path / "config.toml"
    file.symlink_to(tmp_path / "gone.toml")
    line, message = _fails(file)
    assert line == 0
    assert "is a link to a file that does not exist" in message


def test_a_file_that_cannot_be_reached_says_why(tmp_path: Path) -> None:
    """Here, because its folder is a file."""
    (tmp_path / "home").touch()
    line, message = _fails(tmp_path / "home" / "config.toml")
    assert line == 0
    assert "cannot be read: Not a directory" in message


def test_a_file_without_permission_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may read everything, so the refusal is made up."""
    file = tmp_path / "config.toml"
    file.touch()

    def refuse(*_args: object, **_more: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "cannot be read: Permission denied" in _fails(file)[1]


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    """In bytes, so that it is never cut short and then taken for whole."""
    file = tmp_path / "config.toml"
    file.write_text("# é" * (MAX_BYTES // 4 + 1))
    assert _fails(file) == (
        0,
        "is larger than 64 KiB | this is hardly a config: see which file it is",
    )
    assert "larger than 64 KiB" in refused("#" * (MAX_BYTES + 1)).message
    assert "larger than 64 KiB" in refused("# é" * (MAX_BYTES // 4 + 1)).message


def test_the_largest_file_is_read(tmp_path: Path) -> None:
    """It may have as many bytes as the message says."""
    file = tmp_path / "config.toml"
    file.write_text("# é" * (MAX_BYTES // 4))
    assert load_config(file) == DEFAULT_CONFIG


def test_names_as_deep_as_may_be_are_read() -> None:
    """Sections in sections within all limits end in a problem, never at the stack's end."""
    parts = ".a" * MAX_DOTS
    value = f"{{ a{parts} = " * MAX_BRACKETS + "1" + " }" * MAX_BRACKETS
    error = refused(f"[a{parts}]\na{parts} = {value}\n")
    assert [(p["line"], p["path"]) for p in problems_of(error)] == [(1, "a")]
