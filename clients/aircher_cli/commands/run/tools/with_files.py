"""Tools that take a file: a temporary one, named by a variable or an argument.

The user's own file is not changed. What else is in it is carried over where the temporary one takes
its place, but not the keys and servers of other providers.
"""

import json
import os
from collections.abc import Mapping

from aircher_cli.commands.run.tools.recipe import TOKEN_VARIABLE, Door, Setup, Tool, named
from aircher_cli.values import Map, as_map

CLINE_PROVIDER = "openai-compatible"
"""What Cline 3 calls a server with OpenAI's API and a URL of its own."""
MAX_BYTES = 1_000_000
"""A larger file is no configuration."""


def gemini(door: Door, environ: Mapping[str, str]) -> Setup:
    """Set up Gemini CLI: the settings of the system say how it signs in, before the user's."""
    path = os.path.join(door.folder, "gemini.json")  # noqa: PTH118 -- a text
    own = environ.get("GEMINI_CLI_SYSTEM_SETTINGS_PATH") or "/etc/gemini-cli/settings.json"
    return Setup(
        {
            "GOOGLE_GEMINI_BASE_URL": door.url,
            "GEMINI_API_KEY": door.token,
            "GEMINI_CLI_SYSTEM_SETTINGS_PATH": path,
        },
        named(door.model, "GEMINI_MODEL"),
        files={"gemini.json": _with_sign_in(own, "gemini-api-key")},
    )


def qwen(door: Door, environ: Mapping[str, str]) -> Setup:
    """Set up Qwen Code, likewise."""
    path = os.path.join(door.folder, "qwen.json")  # noqa: PTH118 -- a text
    own = environ.get("QWEN_CODE_SYSTEM_SETTINGS_PATH") or "/etc/qwen-code/settings.json"
    return Setup(
        {
            "OPENAI_BASE_URL": door.openai_url,
            "OPENAI_API_KEY": door.token,
            "QWEN_CODE_SYSTEM_SETTINGS_PATH": path,
        },
        named(door.model, "OPENAI_MODEL"),
        files={"qwen.json": _with_sign_in(own, "openai")},
    )


def _with_sign_in(path: str, kind: str) -> str:
    """Return the settings of the system, with the kind of sign-in."""
    settings = _read(path)
    security = as_map(settings.get("security"))
    auth = {**as_map(security.get("auth")), "selectedType": kind}
    return json.dumps({**settings, "security": {**security, "auth": auth}})


def crush(door: Door, environ: Mapping[str, str]) -> Setup:
    """Set up crush: a folder with `crush.json`, with all but the providers of the user's."""
    home = environ.get("XDG_CONFIG_HOME") or os.path.join(environ.get("HOME", ""), ".config")  # noqa: PTH118
    folder = environ.get("CRUSH_GLOBAL_CONFIG") or os.path.join(home, "crush")  # noqa: PTH118
    own = _read(os.path.join(folder, "crush.json"))  # noqa: PTH118
    provider: Map = {
        "name": "aircher",
        "type": "anthropic" if door.prefers_anthropic else "openai-compat",
        "base_url": door.url if door.prefers_anthropic else door.openai_url,
        "api_key": f"${TOKEN_VARIABLE}",
        "models": [_crush_model(door.model)] if door.model else [],
    }
    config: Map = {**own, "providers": {"aircher": provider}}
    if door.model:
        chosen = {"provider": "aircher", "model": door.model}
        config["models"] = {"large": chosen, "small": chosen}
    return Setup(
        {TOKEN_VARIABLE: door.token, "CRUSH_GLOBAL_CONFIG": door.folder},
        files={"crush.json": json.dumps(config)},
    )


def _crush_model(model: str) -> Map:
    return {"id": model, "name": model, "context_window": 200_000, "default_max_tokens": 16_000}


def aichat(door: Door, _environ: Mapping[str, str]) -> Setup:
    """Set up aichat. Roles and sessions stay where they are. JSON is YAML."""
    client = {
        "type": "openai-compatible",
        "name": "aircher",
        "api_base": door.openai_url,
        "api_key": door.token,
        "models": [{"name": door.model}] if door.model else [],
    }
    config: Map = {"stream": True, "clients": [client]}
    if door.model:
        config["model"] = f"aircher:{door.model}"
    path = os.path.join(door.folder, "aichat.yaml")  # noqa: PTH118 -- a text
    return Setup({"AICHAT_CONFIG_FILE": path}, files={"aichat.yaml": json.dumps(config)})


def continue_cli(door: Door, _environ: Mapping[str, str]) -> Setup:
    """Set up Continue's `cn`. JSON is YAML."""
    model = {
        "name": door.model or "aircher",
        "provider": "openai",
        "model": door.model,
        "apiBase": door.openai_url,
        "apiKey": door.token,
        "roles": ["chat", "edit", "apply"],
    }
    config = {"name": "aircher", "version": "0.0.1", "schema": "v1", "models": [model]}
    path = os.path.join(door.folder, "config.yaml")  # noqa: PTH118 -- a text
    return Setup({}, arguments=("--config", path), files={"config.yaml": json.dumps(config)})


def cline(door: Door, _environ: Mapping[str, str]) -> Setup:
    """Set up Cline: the file that `cline auth` would write."""
    settings = {
        "provider": CLINE_PROVIDER,
        "apiKey": door.token,
        "baseUrl": door.openai_url,
        **({"model": door.model} if door.model else {}),
    }
    entry = {"settings": settings, "updatedAt": "2026-11-30T00:00:00.000Z", "tokenSource": "manual"}
    providers = {CLINE_PROVIDER: entry}
    config = {"version": 1, "lastUsedProvider": CLINE_PROVIDER, "modes": {}, "providers": providers}
    path = os.path.join(door.folder, "providers.json")  # noqa: PTH118 -- a text
    return Setup(
        {"CLINE_PROVIDER_SETTINGS_PATH": path}, files={"providers.json": json.dumps(config)}
    )


def _read(path: str) -> Map:
    """Return a file of JSON, nothing if there is none or it is none."""
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 -- a text
            return as_map(json.loads(file.read(MAX_BYTES)))
    except (OSError, ValueError, RecursionError):
        return {}


WITH_FILES = (
    Tool(
        "gemini",
        ("gemini", "@google/gemini-cli"),
        "Gemini",
        gemini,
        hides=("GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_GCA", "GOOGLE_VERTEX_BASE_URL"),
    ),
    Tool(
        "qwen",
        ("qwen", "@qwen-code/qwen-code"),
        "OpenAI chat",
        qwen,
        own_options=("--auth-type", "--openai-api-key", "--openai-base-url"),
    ),
    Tool("crush", ("crush", "@charmland/crush"), "OpenAI or Anthropic", crush),
    Tool("aichat", ("aichat",), "OpenAI chat", aichat, hides=("AICHAT_PLATFORM",)),
    Tool(
        "cn",
        ("cn", "@continuedev/cli"),
        "OpenAI chat",
        continue_cli,
        own_options=("--config",),
        note="the program of Continue",
    ),
    Tool(
        "cline",
        ("cline",),
        "OpenAI chat",
        cline,
        own_options=("--provider", "-P", "--key", "-k", "--baseurl", "--data-dir"),
    ),
)
