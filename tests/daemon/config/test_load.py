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
PLAIN_CANARY = "CANARYcanary0123456789abcdefghij"  # the key of an unknown vendor

# Every place where a user might put a key, with @@ for the key.
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
def test_key_in_the_config_is_refused_and_never_repeated(place: str, key: str) -> None:
    """Not in a problem, the error, its repr, its data, its traceback or its cause."""
    error = refused(place.replace("@@", key))
    assert problems_of(error)
    written = "".join(
        (str(error), repr(error), repr(error.data), *traceback.format_exception(error))
    )
    assert key not in written
    assert "CANARY" not in written
    assert error.__cause__ is None
    assert error.__context__ is None


def test_missing_file_gives_the_built_in_config(tmp_path: Path) -> None:
    """Neither the file nor its directory needs to exist."""
    assert load_config(tmp_path / "none" / "config.toml") is DEFAULT_CONFIG


def test_file_is_decoded_as_utf8(tmp_path: Path) -> None:
    """Any line endings and a byte order mark are accepted."""
    file = tmp_path / "config.toml"
    file.write_bytes("\ufeff# é\r\n[network]\r\nidle_timeout = 5\r\n".encode())
    assert load_config(file).network.idle_timeout == 5.0


def test_problem_names_the_file_and_the_line(tmp_path: Path) -> None:
    """At the start of the message, and for programs in `problems`."""
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


def test_invalid_utf8_in_a_file_names_the_line(tmp_path: Path) -> None:
    """It is the line with the first invalid byte; its text is not repeated."""
    file = tmp_path / "config.toml"
    file.write_bytes(b"# fine\n# CANARY \xff\n")
    assert _fails(file) == (2, "is not valid UTF-8 | save the file as UTF-8")


def test_invalid_utf8_from_the_wire_names_the_line() -> None:
    """`config.check` receives the invalid bytes as lone surrogates."""
    error = refused("# fine\n\n# \udcff\n")
    assert problems_of(error)[0]["line"] == 3


@pytest.mark.parametrize("kind", ["directory", "pipe"])
def test_directory_or_pipe_is_not_read(tmp_path: Path, kind: str) -> None:
    """Opening a pipe would block."""
    file = tmp_path / "config.toml"
    {"directory": file.mkdir, "pipe": lambda: os.mkfifo(file)}[kind]()
    line, message = _fails(file)
    assert line == 0
    assert "is not a file" in message


def test_dangling_link_is_an_error(tmp_path: Path) -> None:
    """A missing file is not, but the user intended to have a config here."""
    file = tmp_path / "config.toml"
    file.symlink_to(tmp_path / "gone.toml")
    line, message = _fails(file)
    assert line == 0
    assert "is a link to a file that does not exist" in message


def test_unreadable_path_is_reported_with_the_reason(tmp_path: Path) -> None:
    """Here its directory is a file."""
    (tmp_path / "home").touch()
    line, message = _fails(tmp_path / "home" / "config.toml")
    assert line == 0
    assert "cannot be read: Not a directory" in message


def test_missing_permission_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulated, because root may read everything."""
    file = tmp_path / "config.toml"
    file.touch()

    def refuse(*_args: object, **_more: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "cannot be read: Permission denied" in _fails(file)[1]


@pytest.mark.parametrize("mode", [0o666, 0o646, 0o602])
def test_file_that_others_can_write_is_refused(tmp_path: Path, mode: int) -> None:
    """It may name a command that the daemon runs; the message has the command that helps."""
    file = tmp_path / "config.toml"
    file.touch()
    file.chmod(mode)
    line, message = _fails(file)
    assert line == 0
    assert f"can be changed by other users (mode {mode:04o})" in message
    assert f"run: chmod go-w {file}" in message


@pytest.mark.parametrize("is_link", [False, True])
def test_file_in_a_folder_that_others_can_write_is_refused(tmp_path: Path, is_link: bool) -> None:
    """Others could put their own there; the folder of a link's target counts, too."""
    folder = tmp_path / "open to all"
    folder.mkdir()
    file = folder / "config.toml"
    file.touch(mode=0o600)
    folder.chmod(0o777)
    if is_link:
        link = tmp_path / "config.toml"
        link.symlink_to(file)
    message = _fails(link if is_link else file)[1]
    assert (
        f"can be replaced by other users: other users may write in {folder} (mode 0777)" in message
    )
    assert f"run: chmod go-w '{folder}'" in message
    folder.chmod(0o1777)
    assert load_config(file) == DEFAULT_CONFIG


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o640, 0o644, 0o444])
def test_file_that_others_can_read_is_used(tmp_path: Path, mode: int) -> None:
    """There is no key in it."""
    file = tmp_path / "config.toml"
    file.touch()
    file.chmod(mode)
    assert load_config(file) == DEFAULT_CONFIG


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file to another user")
def test_file_of_another_user_is_refused(tmp_path: Path) -> None:
    """Through a link, too: what counts is the file that is read."""
    file = tmp_path / "theirs.toml"
    file.touch()
    os.chown(file, 12345, 12345)
    link = tmp_path / "config.toml"
    link.symlink_to(file)
    line, message = _fails(link)
    assert line == 0
    assert "belongs to another user (uid 12345)" in message
    assert f"sudo chown 0 {link}" in message


def test_link_to_a_file_in_a_store_is_used(tmp_path: Path) -> None:
    """As home-manager makes it: the link is the user's, and the file can be written by no one."""
    store = tmp_path / "store"
    store.mkdir()
    (store / "config.toml").write_text("[network]\nidle_timeout = 5\n")
    (store / "config.toml").chmod(0o444)
    (tmp_path / "config.toml").symlink_to(store / "config.toml")
    assert load_config(tmp_path / "config.toml").network.idle_timeout == 5.0


def test_too_large_file_is_refused(tmp_path: Path) -> None:
    """The limit is in bytes; a truncated file is never parsed."""
    file = tmp_path / "config.toml"
    file.write_text("# é" * (MAX_BYTES // 4 + 1))
    assert _fails(file) == (
        0,
        "is larger than 64 KiB | this is probably not a config file: check its path",
    )
    assert "larger than 64 KiB" in refused("#" * (MAX_BYTES + 1)).message
    assert "larger than 64 KiB" in refused("# é" * (MAX_BYTES // 4 + 1)).message


def test_file_of_the_maximum_size_is_read(tmp_path: Path) -> None:
    """The limit itself is allowed."""
    file = tmp_path / "config.toml"
    file.write_text("# é" * (MAX_BYTES // 4))
    assert load_config(file) == DEFAULT_CONFIG


def test_deepest_allowed_nesting_does_not_exhaust_the_stack() -> None:
    """Sections nested up to all limits give a problem, not a `RecursionError`."""
    parts = ".a" * MAX_DOTS
    value = f"{{ a{parts} = " * MAX_BRACKETS + "1" + " }" * MAX_BRACKETS
    error = refused(f"[a{parts}]\na{parts} = {value}\n")
    assert [(p["line"], p["path"]) for p in problems_of(error)] == [(1, "a")]
