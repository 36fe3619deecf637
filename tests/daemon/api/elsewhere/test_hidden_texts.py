"""Answers without what only this machine may know."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from aircher_wire.address import environment_file_as_shown
from aircherd.api.elsewhere.hidden_texts import INVALID, HiddenTexts
from aircherd.config.load import parse_config
from aircherd.config.model import DEFAULT_CONFIG, Config
from aircherd.config.paths import resolve_paths
from aircherd.errors import BadRequest, ChatFailed, ConfigInvalid, Forbidden

ENVIRON = {"HOME": "/home/me", "XDG_RUNTIME_DIR": "/run/user/7", "XDG_DATA_HOME": "/srv/data"}


def hidden(config: Config = DEFAULT_CONFIG) -> HiddenTexts:
    """Return what hides the texts of a user's daemon."""
    return HiddenTexts(resolve_paths(ENVIRON), SimpleNamespace(current=config), ENVIRON)


def test_folders_are_replaced_by_what_they_are() -> None:
    """The longest one that fits; texts without a folder stay as they are."""
    paths = resolve_paths(ENVIRON)
    said = f"{paths.config_file} and {paths.data}/x and {paths.runtime}/y and /home/me/z"

    assert hidden().text(said) == "~/.aircher/config.toml and <data>/x and <runtime>/y and ~/z"
    assert hidden().text("gpt-5.5 at 3/4") == "gpt-5.5 at 3/4"


def test_another_home_is_hidden_as_hints_write_it() -> None:
    """They name its file of variables with `~`."""
    environ = {**ENVIRON, "AIRCHER_HOME": "/home/me/secret"}
    hides = HiddenTexts(resolve_paths(environ), SimpleNamespace(current=DEFAULT_CONFIG), environ)

    said = f"set KEY in {environment_file_as_shown(environ)}"
    assert hides.text(said) == "set KEY in ~/.aircher/environment"


def test_a_result_is_copied() -> None:
    """The same result may be another client's, too."""
    result = {"rows": [{"hint": "see /home/me/x", "n": 1}], "pair": ("/home/me", None)}

    assert hidden().value(result) == {"rows": [{"hint": "see ~/x", "n": 1}], "pair": ["~", None]}
    assert result["pair"] == ("/home/me", None)


def test_an_error_keeps_its_type_and_its_code() -> None:
    """And the original its message."""
    error = BadRequest("bad: /home/me/c", rows=[{"folder": "/home/me/c", "line": 3}])

    found = hidden().error(error)

    assert (type(found), found.code, found.message) == (BadRequest, error.code, "bad: ~/c")
    assert (str(found), found.data) == ("bad: ~/c", {"rows": [{"folder": "~/c", "line": 3}]})
    assert error.message == "bad: /home/me/c"


def test_the_reply_of_a_chat_that_broke_off_stays_as_it_is() -> None:
    """The model wrote it, and `/home/me/x` in it is not this machine's."""
    said = "put it into /home/me/x and /etc/hosts"
    message = {"role": "assistant", "content": [{"type": "text", "text": said}]}
    attempts = [{"provider": "p", "message": "cannot read /etc/ssl/x"}]
    error = ChatFailed("truncated", "broke off", attempts=attempts, text=said)
    error.data["message"] = message

    found = hidden().error(error).data

    assert (found["text"], found["message"]) == (said, message)
    assert found["attempts"] == [{"provider": "p", "message": "cannot read <path>"}]


def test_the_configuration_is_not_quoted() -> None:
    """Neither in an error about it, nor where another text says what is wrong in it."""
    error = ConfigInvalid("providers.secret: is unknown", problems=[{"line": 3}], file="/c")
    said = "refused: /home/me/.aircher/config.toml, line 7: providers.x.secret: is unknown"

    assert (hidden().error(error).message, hidden().error(error).data) == (INVALID, {})
    assert hidden().text(said) == f"refused: {INVALID}"


CONFIG = """
[providers.vault]
kind = "openai"
base_url = "https://llm.intranet/v1"
key_command = ["pass", "show", "llm"]

[providers.box]
kind = "openai"
base_url = "http://gpu:8000/v1"
auth = "none"

[providers.here]
kind = "openai"
base_url = "http://127.0.0.1:1/v1"
key_command = ["/srv keys/read", "llm"]

[providers.laptop]
kind = "socket"
path = "/mine/laptop.sock"

[shared]
url = "rediss://engine.intranet:6380"
key_command = ["bw"]
"""


def test_what_the_configuration_names_is_hidden() -> None:
    """A program's name may be any word, and a host's; those of vendors and loopback stay."""
    texts = hidden(parse_config(CONFIG, file="c"))

    for said, expected in (
        ("pass failed with exit status 2", "key_command failed with exit status 2"),
        ("the output of pass is not a key", "the output of key_command is not a key"),
        ("bw took longer than 10 s", "key_command took longer than 10 s"),
        ("/srv keys/read cannot be started", "key_command cannot be started"),
        ("pass a model with -m", "pass a model with -m"),
        ("cannot connect to llm.intranet:443: refused", "cannot connect to <address>: refused"),
        ("cannot connect to gpu:8000: refused", "cannot connect to <address>: refused"),
        ("no gpu/model", "no gpu/model"),
        ("no socket at /mine/laptop.sock: gone", "no socket at <path>: gone"),
        ("engine.intranet:6380 is away", "<address> is away"),
        ("cannot connect to 127.0.0.1:1", "cannot connect to 127.0.0.1:1"),
        ("cannot connect to api.openai.com:443", "cannot connect to api.openai.com:443"),
        ("x (by the proxy p.intranet:3128)", "x (by the proxy <address>)"),
        ("the proxy is HTTPS_PROXY of", "the proxy is HTTPS_PROXY of"),
    ):
        assert texts.text(said) == expected


def test_a_host_is_hidden_however_it_is_written() -> None:
    """A message has the name as the configuration has it, or in lower case."""
    config = parse_config(
        '[providers.a]\nkind = "openai"\nbase_url = "https://LLM.Intranet./v1"\n', file="/c"
    )
    for host in ("LLM.Intranet.:443", "llm.intranet:443", "LLM.intranet"):
        assert hidden(config).text(f"cannot connect to {host}: no") == (
            "cannot connect to <address>: no"
        )


def test_a_long_word_is_read_once() -> None:
    """A picture in base64 took minutes, in the daemon's loop."""
    word = "a" * 1_000_000
    assert hidden().text(word) == word
    assert hidden().text(f"{word} config.toml, line 3: x") == f"{word} {INVALID}"


async def test_a_handler_s_errors_are_hidden() -> None:
    """Its results are not."""

    async def handler(text: str) -> str:
        if text == "fail":
            raise Forbidden("see /home/me/x")
        return text

    assert await hidden().in_errors_of(handler)("/home/me") == "/home/me"
    with pytest.raises(Forbidden, match=r"^see ~/x$"):
        await hidden().in_errors_of(handler)("fail")


def test_no_home_hides_the_rest() -> None:
    """The root as a home would replace every slash."""
    environ = {**ENVIRON, "HOME": "/"}
    store = SimpleNamespace(current=DEFAULT_CONFIG)
    paths = HiddenTexts(resolve_paths(environ), store, environ)

    assert paths.error(Forbidden("/a/b", path=Path)).message == "/a/b"


def test_other_paths_of_this_machine_are_hidden() -> None:
    """Such as that of a program that prints a key; paths of addresses and words stay."""
    said = "/opt/vault/read cannot be started, see /etc/vault.d/x.conf: no such file"
    assert hidden().text(said) == "<path> cannot be started, see <path>: no such file"
    for said in ("POST /v1/chat/completions", "https://host/opt/x", "work/opt/x", "~/tmp/x"):
        assert hidden().text(said) == said


def test_the_socket_of_a_fleet_s_engine_is_hidden() -> None:
    """It may be in any folder; the address of another machine's engine is none."""
    said = "the engine at unix:///run/valkey/v.sock: no such socket"
    assert hidden().text(said) == "the engine at unix://...: no such socket"
    assert hidden().text("rediss://db:6379 is away") == "rediss://db:6379 is away"
