"""The whole schema, judged by an independent validator and by the editors' language servers."""

import json
import re
import shutil
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import jsonschema
import pytest

from aircherd.config.json_schema.document import (
    FILE_NAME,
    find_schema,
    json_schema,
    similar_path,
)
from aircherd.config.load import parse_config
from aircherd.errors import ConfigInvalid
from helpers import required

PAGES = Path(__file__).parents[4] / "docs"
VALIDATOR = jsonschema.Draft7Validator(json_schema())

EXAMPLES = [
    (page.name, textwrap.dedent(text))
    for page in sorted(PAGES.rglob("*.md"))
    for text in re.findall(r"```toml\n(.*?)```", page.read_text(), re.DOTALL)
]

EVERYTHING = """\
default_model = "m"

[providers.openai]
headers = { "OpenAI-Project" = "proj_blue" }
env = ["ONE", "TWO"]
api = "responses"
max_tokens_field = "max_tokens"
fallback = ["work/x"]

[providers.work]
kind = "ollama"
base_url = "http://127.0.0.1:8000"
key_command = ["pass", "show", "work"]
num_ctx = 8192

[models.m]
routes = ["work/m", "openai/x/y"]
strategy = "cheapest"

[fallback]
max_attempts = 6
max_cost_increase = 1.5
strategy = "fastest"

[[limits]]
model = "work/m"
key = "default"
usd = "0.50"
per = "hour"
warn_at = 1

[[limits]]
provider = "openai"
client = "nvim"
requests = 5
tokens = 0
per = "month"

[network]
proxy = "http://proxy:3128"
connect_timeout = 5

[catalog."work/m"]
window = 4096
input_price = 0
output_price = "1.5"
tools = false
api = "chat"

[usage]
keep_days = 32
on_failure = "refuse"

[tasks.review]
model = "m"
system = "You review code.\\nBe brief."
temperature = 0.1
max_tokens = 2000
reasoning = "low"
tools = ["web_search"]

[tasks.empty]
"""

BAD = [
    "default_modle = 'a/b'",
    "default_model = 5",
    "[providers.work]\nkind = 'openai'",
    "[providers.work]\nkind = 'opnai'\nbase_url = 'http://x'",
    "[providers.Work]\nkind = 'openai'\nbase_url = 'http://x'",
    "[providers.openai]\nkind = 'anthropic'",
    "[providers.openai]\nauth = 'bearer'",
    "[providers.openai]\nenv = 'not a name'",
    "[providers.openai]\nbase_url = 'ftp://x'",
    "[providers.openai]\napi_key = 'x'",
    "[models.m]\nstrategy = 'priority'",
    "[models.m]\nroutes = ['x']",
    "[models.'a/b']\nroutes = ['a/b']",
    "[fallback]\nmax_attempts = 0",
    "[fallback]\nmax_attempts = 2.5",
    "[[limits]]\nper = 'day'",
    "[[limits]]\nusd = 1",
    "[[limits]]\nusd = '-1'\nper = 'day'",
    "[limits]\nusd = 1\nper = 'day'",
    "[catalog.openai.x]\nwindow = 5",
    "[catalog.'openai/x']\nwindow = 0",
    "[catalog.'openai/x']\ninput_price = '$3'",
    "[network]\nconnect_timeout = 0",
    "[network]\nidle_timeout = 600000",
    "[usage]\nkeep_days = 5",
    "[usage]\non_failure = 'ignore'",
    "[tasks.'a b']\ntemperature = 1",
    "[tasks.a]\ntemperature = 3",
    "[tasks.a]\ntools = ['search']",
    "[tasks.a]\nmax_tokens = 0",
    "[tasks.a]\nreasoning = 'much'",
]


def test_the_schema_is_a_schema() -> None:
    """And JSON."""
    jsonschema.Draft7Validator.check_schema(json.loads(json.dumps(json_schema())))


@pytest.mark.parametrize(("page", "text"), EXAMPLES)
def test_the_examples_of_the_pages_are_valid(page: str, text: str) -> None:
    """On every page."""
    VALIDATOR.validate(tomllib.loads(text))


def test_a_file_with_every_kind_of_entry_is_valid() -> None:
    """For the reader and for the validator."""
    parse_config(EVERYTHING, file="config.toml")
    VALIDATOR.validate(tomllib.loads(EVERYTHING))


@pytest.mark.parametrize("text", BAD)
def test_what_the_reader_refuses_the_schema_refuses(text: str) -> None:
    """Misspelt names, wrong types, values out of bounds, missing entries."""
    with pytest.raises(ConfigInvalid):
        parse_config(text, file="config.toml")
    assert not VALIDATOR.is_valid(tomllib.loads(text))


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (("default_model",), "string"),
        (("providers", "openai", "num_ctx"), "integer"),
        (("providers", "new", "num_ctx"), "integer"),
        (("providers", "new", "headers", "X-A"), "string"),
        (("models", "m", "routes", 0), "string"),
        (("limits", 3, "requests"), "integer"),
        (("catalog", "a/b", "tools"), "boolean"),
        (("catalog", "a/b"), "object"),
        (("nothing",), None),
        (("providers", "openai", "nothing"), None),
        (("default_model", "x"), None),
        (("usage", 0), None),
    ],
)
def test_the_schema_of_an_entry(path: tuple[str | int, ...], kind: str | None) -> None:
    """By its path; there is none for an unknown entry."""
    found = find_schema(path)
    assert (found and found["type"]) == kind


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("default_modle",), ("default_model",)),
        (("fallbakc", "max_attempts"), ("fallback", "max_attempts")),
        (("providers", "work", "base_ulr"), ("providers", "work", "base_url")),
        (("fallback", "max_attempts"), None),
        (("nothing", "here"), None),
        (("providers", "work", "env", 0), None),
    ],
)
def test_similar_path(path: tuple[str | int, ...], expected: tuple[str, ...] | None) -> None:
    """An unknown name is compared with those of its section."""
    assert similar_path(path) == expected


def server(name: str) -> str:
    """Return the path of a language server's program."""
    path = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if path is None:
        required.missing(name, f"pip install {name}")
    return path


@pytest.mark.parametrize("command", [("taplo", "lint"), ("tombi", "lint", "--offline")])
def test_language_servers_find_and_use_the_schema(tmp_path: Path, command: list[str]) -> None:
    """By the line that `config edit` writes at the top of a new file."""
    program, *arguments = command
    (tmp_path / FILE_NAME).write_text(json.dumps(json_schema()))
    line = f"#:schema ./{FILE_NAME}\n"
    for name, text in (("good", EVERYTHING), ("bad", "[fallback]\nmax_attemps = 5\n")):
        (tmp_path / f"{name}.toml").write_text(line + text)
        done = subprocess.run(
            [server(program), *arguments, f"{name}.toml"],
            cwd=tmp_path,
            env={"HOME": str(tmp_path), "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) is (name == "good"), done.stdout + done.stderr
        assert ("max_attemps" in done.stdout + done.stderr) is (name == "bad")
