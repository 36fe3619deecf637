"""Every command of docs/configuration.md runs, and the page shows what it prints."""

import re
import shlex
import tomllib
from importlib import import_module

import pytest

from aircher_cli.registry import COMMANDS, find_command
from helpers.config_problems import problems_of, refused
from helpers.daemon.real_daemon import Home
from helpers.docs_commands import DOCS, run_page

PAGE = (DOCS / "configuration.md").read_text()
INLINE = sorted(set(re.findall(r"`aircher-cli ([^`]+)`", PAGE)))
KEY = "canary-spare-0123456789abcdef"

BEFORE = """\
# What the page's commands leave alone.

[providers.anthropic]
base_url = "{url}" # a simulator

# No server of this machine is asked.
[providers.ollama]
base_url = "http://127.0.0.1:1"
"""


def test_every_command_runs(home: Home, sim: object) -> None:
    """In the order of the page, and nothing of the user's own is lost."""
    url = sim.url  # type: ignore[attr-defined]
    sim.keys.accept("openai", "*")  # type: ignore[attr-defined]
    home.write_config(BEFORE.format(url=url))
    home.environ["VISUAL"] = "true"
    home.start()
    replace = {"http://127.0.0.1:8000": url, "http://gpu-box:11434": url}
    ran = run_page(
        "configuration.md", home, inputs={"aircher-cli auth login anthropic": KEY}, replace=replace
    )
    text = home.config_file.read_text()
    own = BEFORE.format(url=url).splitlines()
    assert [line for line in text.splitlines() if line in own and line] == list(filter(None, own))
    data = tomllib.loads(text)
    assert data["default_model"] == "sonnet"
    assert data["limits"] == [{"provider": "anthropic", "usd": 7.5, "per": "day"}]
    assert data["catalog"] == {"local/some-model": {"window": 32768}}
    assert "idle_timeout" not in text
    assert "gpu" not in data["providers"]
    added = next(each for each in ran if "providers add local" in each.shown.text)
    assert "✓ it answers and lists" in added.out
    assert KEY not in text


@pytest.mark.parametrize("line", INLINE)
def test_every_command_in_the_text_is_valid(line: str) -> None:
    """The parser of the command accepts it."""
    found = find_command(shlex.split(line))
    if found is None:
        assert any(name.startswith(f"{line} ") for name in COMMANDS), line
        return
    name, arguments = found
    parser = import_module(f"aircher_cli.commands.{COMMANDS[name][0]}").build_parser()
    if arguments or name in {"config edit", "config schema"}:
        parser.parse(arguments)


# ------------------------------------------------------------------ the messages

TABLE = PAGE.partition("## Error messages")[2]
ROWS = {
    cell: said
    for cell, _, said in re.findall(
        r"^\| (.+?) \| (`{1,2}) ?(.+?) ?\2;?.* \|$", TABLE, re.MULTILINE
    )
}
"""What a row of the table says of the file -> the message that it quotes."""

SECRET = f"sk-proj-{'a1B2' * 12}"
WORK = '[providers.work]\nkind = "openai"\n'
AT_WORK = f'{WORK}base_url = "https://llm.example.com/v1"\n'
LIMIT = '[[limits]]\nusd = 1\nper = "day"\n'
KEYLESS = 'kind = "ollama"\nbase_url = "http://127.0.0.1:1"\n'

FILES = {
    'default_modle = "a/b"': "{}",
    "temperature = 3": "[tasks.review]\n{}",
    "usd = -5": f'{LIMIT}[[limits]]\nper = "day"\n{{}}',
    'scope = "shared"': f"{LIMIT}{{}}",
    'url = "redis://:...@host"': "[shared]\n{}",
    "key_command": '[shared]\nurl = "redis://host"\n{} = ["pass"]',
    'model = "sonnet"': f'{LIMIT}{{}}\n[models.sonnet]\nroutes = ["openai/x"]',
    'api_key = "..."': f"{AT_WORK}{{}}",
    'kind = "opnai"': '[providers.work]\nbase_url = "https://llm.example.com/v1"\n{}',
    'base_url = "http://gpu-box/v1"': f"{WORK}{{}}",
    'base_url = "https://user:...@host"': f"{WORK}{{}}",
    'routes = ["antropic/x"]': "[models.sonnet]\n{}",
    'fallback = ["antropic"]': "[providers.openai]\n{}",
    "a": f"[providers.{{}}]\n{KEYLESS}fallback = ['b']\n[providers.b]\n{KEYLESS}fallback = ['a']",
    'key = "sk-..."': '[projects."~/src/acme"]\n{}',
    "max_attempts = 0": "[fallback]\n{}",
    'strategy = "cheepest"': "[fallback]\n{}",
    'default_model = "gpt-5.5"': "{}",
    "default_model": '[network]\n{} = "openai/gpt-5.5"',
    "idle_timeout = 600000": "[network]\n{}",
    'ca_file = "gone.pem"': "[network]\n{}",
    "[catalog.openai.gpt-5]": "{}\nwindow = 1",
    'input_price = "$3"': f'{AT_WORK}[catalog."work/m"]\n{{}}',
    "kind = openai": "[providers.work]\n{}",
    "]": '\n\n\n[models.a]\nroutes = ["openai/x"]\n[models.b]\nroutes = [\n  "openai/x"\nx = 1',
    "a.a.a... = 1": "{}",
    'base_url = "https://xn--0.example"': f"{WORK}{{}}",
}
"""What a row writes into the file -> the file around it."""

WRITTEN = {"sk-...": SECRET, '"..."': f'"{SECRET}"', "a.a.a...": ".".join("a" * 20)}
"""What a row leaves out."""

NOT_IN_THE_TEXT = {
    "a file that others can change",
    "a file in a directory where others may write",
}
"""Rows about modes of files, which `daemon/config/test_ownership.py` tests."""


def _quoted(cell: str) -> str:
    return re.findall("`([^`]+)`", cell)[0]


def test_every_row_is_tried() -> None:
    """But for the one that quotes no message, as what it says is no error."""
    rows = re.findall(r"^\| .* \|$", TABLE, re.MULTILINE)
    assert len(ROWS) == len(rows) - 2
    assert sorted(map(_quoted, ROWS.keys() - NOT_IN_THE_TEXT)) == sorted(FILES)


@pytest.mark.parametrize("cell", sorted(ROWS.keys() - NOT_IN_THE_TEXT))
def test_a_mistake_has_the_message_of_the_page(cell: str) -> None:
    """With its hint, word by word."""
    written = _quoted(cell)
    for short, whole in WRITTEN.items():
        written = written.replace(short, whole)
    error = refused(FILES[_quoted(cell)].replace("{}", written))
    found = [
        f"{each['path']}: {each['message']}".removeprefix(": ")
        + (f" ({each['hint']})" if "hint" in each else "")
        for each in problems_of(error)
    ]
    said = re.escape(ROWS[cell]).replace(r"\.\.\.", ".*")
    assert any(re.fullmatch(said, each) for each in found), found
