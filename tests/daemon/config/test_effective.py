"""Every setting, and where it comes from."""

import tomllib

from msgspec.structs import replace

from aircherd.config.edit.entries import Entry, change_entries
from aircherd.config.effective import (
    REDACTED,
    config_data,
    effective_variables,
    settings,
)
from aircherd.config.json_schema.document import json_schema
from aircherd.config.load import parse_config
from aircherd.config.model import DEFAULT_CONFIG, Alias, ClientRights, Route
from aircherd.config.problems import path_text

TEXT = """\
# mine
default_model = "m"

[providers.work]
kind = "openai"
base_url = "http://127.0.0.1:8000/v1/"
auth = "none"
headers = { "X-Team" = "blue", "X-Session" = "a1b2c3d4e5f6a7b8c9" }

[models.m]
routes = [
  "work/x",
  "openai/y",
]

[fallback]
max_cost_increase = 2.50

[[limits]]
provider = "work"
usd = "5.00"
per = "day"

[catalog."work/x"]
input_price = 1
"""


def rows(text):
    """Return (value, source, line) by path."""
    config = parse_config(text, file="config.toml")
    found = settings(config, text)
    return {each.path: (each.value, each.source, each.line) for each in found}


def test_values_of_the_file_have_their_lines():
    """As the daemon uses them: without the slash, with exact numbers."""
    found = rows(TEXT)
    assert {path: row for path, row in found.items() if row[1] == "file"} == {
        "default_model": ("m", "file", 2),
        "providers.work.kind": ("openai", "file", 5),
        "providers.work.base_url": ("http://127.0.0.1:8000/v1", "file", 6),
        "providers.work.auth": ("none", "file", 7),
        "providers.work.headers.X-Team": ("blue", "file", 8),
        "providers.work.headers.X-Session": (REDACTED, "file", 8),
        "models.m.routes": (["work/x", "openai/y"], "file", 11),
        "fallback.max_cost_increase": (2.5, "file", 17),
        "limits[0].provider": ("work", "file", 20),
        "limits[0].usd": (5, "file", 21),
        "limits[0].per": ("day", "file", 22),
        "catalog.'work/x'.input_price": (1, "file", 25),
    }


def test_everything_else_is_a_default():
    """Of the built-in providers too, and what a limit does not say."""
    found = rows(TEXT)
    assert found["fallback.max_attempts"] == (4, "default", None)
    assert found["providers.openai.base_url"] == ("https://api.openai.com/v1", "default", None)
    assert found["providers.openai.env"] == ("OPENAI_API_KEY", "default", None)
    assert found["providers.gemini.env"][0] == ["GOOGLE_API_KEY", "GEMINI_API_KEY"]
    assert found["providers.ollama.auth"] == ("none", "default", None)
    assert found["limits[0].warn_at"] == (0.8, "default", None)
    assert all(row[1] == "default" for row in rows("").values())


def test_without_the_text_there_are_no_lines():
    """The file is invalid, so that the values in effect come from an earlier one."""
    found = {each.path: each for each in settings(parse_config(TEXT, file="c"), None)}
    assert (found["default_model"].source, found["default_model"].line) == ("file", None)
    assert found["fallback.max_attempts"].source == "default"


def test_arguments_of_a_command_that_could_be_keys_are_masked():
    """The others are shown."""
    text = '[providers.openai]\nkey_command = ["get", "--id", "1a2b3c4d5e6f7a8b9c"]\n'
    value, _, line = rows(text)["providers.openai.key_command"]
    assert (value, line) == (["get", "--id", REDACTED], 2)


def test_nothing_with_the_shape_of_a_key_is_shown():
    """Wherever it is: a check may be missing."""
    alias = Alias("m", (Route("openai", "sk-CANARY-0123456789abcdefghij"),))
    config = replace(DEFAULT_CONFIG, models={"m": alias}, default_model="sk-CANARY-0123456789abc")
    assert "CANARY" not in str(settings(config, None))


def test_every_section_of_the_file_is_shown():
    """A section that is added needs its part in `config_data`."""
    properties = json_schema()["properties"]
    assert set(config_data(DEFAULT_CONFIG)) == set(properties)


def test_the_data_is_that_of_the_file():
    """What the file says is read back."""
    config = parse_config(TEXT, file="c")
    data = config_data(config)
    assert data["limits"][0]["usd"] == 5
    assert data["models"]["m"]["routes"] == tomllib.loads(TEXT)["models"]["m"]["routes"]


def test_variables_are_shown_without_passwords():
    """Only those that change what the daemon does."""
    environ = {
        "AIRCHER_HOME": "/h",
        "https_proxy": "http://me:secret@proxy:3128",
        "HTTP_PROXY": "me:se@cret@proxy",
        "all_proxy": "socks5://proxy/x@y",
        "NO_PROXY": "localhost",
        "OPENAI_API_KEY": "sk-secret",
        "PATH": "/bin",
        "ALL_PROXY": "",
    }
    assert effective_variables(environ) == {
        "AIRCHER_HOME": "/h",
        "https_proxy": "http://[redacted]@proxy:3128",
        "HTTP_PROXY": "[redacted]@proxy",
        "all_proxy": "socks5://proxy/x@y",
        "NO_PROXY": "localhost",
    }


SAMPLES = {
    "default_model": "openai/x",
    "base_url": "http://127.0.0.1:8000",
    "env": "SOME_KEY",
    "headers": {"X-A": "b"},
    "key_command": ["pass", "show"],
    "fallback": ["openai"],
    "routes": ["openai/x", "openai/y"],
    "model": "openai/x",
    "provider": "openai",
    "proxy": "http://proxy:3128",
    "ca_file": "ca.pem",
    "cert_file": "ca.pem",
    "cert_key_file": "ca.pem",
    "url": "rediss://valkey.example.com:6379",
    "usd": 2.5,
    "task": "mine",
    "tools": ["web_search"],
    "providers": ["openai"],
    "allow": ["chat", "read"],
    "program": "/usr/bin/nvim",
    "sign_in": ["mine"],
    "sign_out": "confirm",
    "shutdown": "confirm",
    "config": ["mine"],
    "keep": False,
    "keep_days": 400,
    "hosts": ["box"],
    "origins": ["http://box:3000"],
    "models": {"claude": "openai/x"},
}
"""Values of entries whose schema does not say enough."""


def sample(section, name, schema):
    """Return a valid value of an entry that is not its default."""
    if name in SAMPLES and (section, name) != ("catalog", "tools"):
        return SAMPLES[name]
    if "enum" in schema:
        return schema["enum"][-1]
    kinds = [schema.get("type"), *(each.get("type") for each in schema.get("anyOf", ()))]
    if "boolean" in kinds:
        return True
    if "integer" in kinds:
        return schema["minimum"] + 1
    if "number" in str(kinds):
        bounds = [schema, *schema.get("anyOf", ())]
        low = next(each[key] for each in bounds for key in LOWS if key in each)
        return low + 0.5
    texts = {
        "models_dev": "https://example.org/data.json",
        "lifetime": "8h",
        "time_zone": "Europe/Berlin",
    }
    return texts.get(name, "some-text")


LOWS = ("minimum", "exclusiveMinimum")


def every_entry():
    """Yield the path and a value of every entry that the schema has."""
    for section, schema in json_schema()["properties"].items():
        if "type" in schema and schema["type"] not in {"object", "array"}:
            yield (section,), sample("", section, schema)
            continue
        each = schema.get("additionalProperties") or schema.get("items") or schema
        name = {
            "providers": ("work",),
            "catalog": ("openai/x",),
            "limits": (0,),
            "projects": ("/a",),
        }.get(section)
        if name is None:
            name = ("mine",) if isinstance(schema.get("additionalProperties"), dict) else ()
        for entry, found in each["properties"].items():
            yield (section, *name, entry), sample(section, entry, found)


def test_every_entry_of_the_schema_is_shown_with_its_line(tmp_path):
    """An entry that is added needs its part in `config_data`."""
    (tmp_path / "ca.pem").touch()
    required = [
        Entry(("providers", "work", "kind"), "openai"),
        Entry(("models", "mine", "routes"), ["openai/x"]),
        Entry(("limits",), [{"per": "day", "requests": 1}]),
    ]
    # What excludes others is not set: no source of a key, as there is one of each, no other kind.
    others = ("auth", "path", "kind")
    entries = [Entry(*each) for each in every_entry() if each[0][-1] not in others]
    text = change_entries("", [*required, *entries])
    config = parse_config(text, file=str(tmp_path / "config.toml"))
    found = {each.path: each for each in settings(config, text)}
    lines = text.split("\n")
    for entry in entries:
        path = path_text(entry.path)
        shown = [
            each for name, each in found.items() if name == path or name.startswith(f"{path}.")
        ]
        assert [each.source for each in shown] == ["file"], path
        line = shown[0].line
        assert line is not None
        # A table of the user's names has a section of its own.
        is_table = isinstance(entry.value, dict) and entry.path[0] == "http"
        name = next(iter(entry.value)) if is_table else entry.path[-1]
        assert lines[line - 1].lstrip().startswith(str(name)), path


def test_another_daemon_has_a_path_and_no_address() -> None:
    """As its entry has it."""
    config = parse_config('[providers.far]\nkind = "socket"\npath = "/run/x.sock"', file="c.toml")
    shown = {
        name: value for name, value in config_data(config)["providers"]["far"].items() if value
    }
    assert shown == {"kind": "socket", "path": "/run/x.sock"}


def test_rights_that_are_not_from_the_file_are_not_shown() -> None:
    """Those of a daemon that started with an invalid file."""
    vi, others = ClientRights(allow=("chat",)), ClientRights(allow=("read", "repair"))
    config = replace(DEFAULT_CONFIG, clients={"vi": vi, "*": others})
    assert config_data(config)["clients"].keys() == {"vi"}
