"""Coding agents that take variables or arguments: Claude Code, Codex, Copilot, goose, opencode."""

import json
from collections.abc import Mapping

from aircher_cli.commands.run.tools.recipe import TOKEN_VARIABLE, Door, Setup, Tool, named
from aircher_cli.values import as_map

PROVIDER = "aircher"
"""What a tool calls us where it wants a name for a provider."""


def claude(door: Door, _environ: Mapping[str, str]) -> Setup:
    """Set up Claude Code: one model for all of the kinds that it asks for.

    Its first system block would differ from session to session and spoil prompt caches; and what
    broke off would be asked again in one piece, and paid twice.
    """
    return Setup(
        {
            "ANTHROPIC_BASE_URL": door.url,
            "ANTHROPIC_AUTH_TOKEN": door.token,
            "ANTHROPIC_API_KEY": "",
            "CLAUDE_CODE_ATTRIBUTION_HEADER": "0",
            "CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK": "1",
        },
        named(
            door.model,
            "ANTHROPIC_MODEL",
            "ANTHROPIC_DEFAULT_OPUS_MODEL",
            "ANTHROPIC_DEFAULT_SONNET_MODEL",
            "ANTHROPIC_DEFAULT_HAIKU_MODEL",
            "CLAUDE_CODE_SUBAGENT_MODEL",
        ),
    )


def codex(door: Door, environ: Mapping[str, str]) -> Setup:
    """Set up Codex, which ignores `OPENAI_BASE_URL`: by arguments, without a file.

    Its adapter for editors ignores these, and reads the same as JSON in `CODEX_CONFIG`.
    """
    provider: dict[str, object] = {
        "name": PROVIDER,
        "base_url": door.openai_url,
        "env_key": TOKEN_VARIABLE,
        "wire_api": "responses",
        "supports_websockets": False,
    }
    top = {"model_provider": PROVIDER}
    model = {"model": door.model} if door.model else {}
    named_fields = {f"model_providers.{PROVIDER}.{name}": value for name, value in provider.items()}
    arguments = [
        f"{name}={json.dumps(value)}" for name, value in {**top, **named_fields, **model}.items()
    ]
    pairs = tuple(word for argument in arguments for word in ("-c", argument))
    config = {
        **_parsed(environ.get("CODEX_CONFIG", "")),
        **top,
        "model_providers": {PROVIDER: provider},
        **model,
    }
    adapter = {"CODEX_CONFIG": json.dumps(config), "MODEL_PROVIDER": PROVIDER}
    return Setup({TOKEN_VARIABLE: door.token, **adapter}, arguments=pairs)


def copilot(door: Door, _environ: Mapping[str, str]) -> Setup:
    """Set up Copilot CLI."""
    api = (
        {"COPILOT_PROVIDER_TYPE": "anthropic", "COPILOT_PROVIDER_BASE_URL": door.url}
        if door.prefers_anthropic
        else {"COPILOT_PROVIDER_TYPE": "openai", "COPILOT_PROVIDER_BASE_URL": door.openai_url}
    )
    return Setup(
        {**api, "COPILOT_PROVIDER_API_KEY": door.token, "COPILOT_OFFLINE": "true"},
        named(door.model, "COPILOT_MODEL"),
    )


def goose(door: Door, _environ: Mapping[str, str]) -> Setup:
    """Set up goose."""
    api = (
        {
            "GOOSE_PROVIDER": "anthropic",
            "ANTHROPIC_HOST": door.url,
            "ANTHROPIC_API_KEY": door.token,
        }
        if door.prefers_anthropic
        else {"GOOSE_PROVIDER": "openai", "OPENAI_HOST": door.url, "OPENAI_API_KEY": door.token}
    )
    return Setup(api, named(door.model, "GOOSE_MODEL", "GOOSE_FAST_MODEL"))


def opencode(door: Door, environ: Mapping[str, str]) -> Setup:
    """Set up opencode with inline JSON, together with what the user has there."""
    package = "@ai-sdk/anthropic" if door.prefers_anthropic else "@ai-sdk/openai-compatible"
    provider: dict[str, object] = {
        "npm": package,
        "name": PROVIDER,
        "options": {"baseURL": door.openai_url, "apiKey": f"{{env:{TOKEN_VARIABLE}}}"},
        "models": {door.model: {"name": door.model}} if door.model else {},
    }
    before = _parsed(environ.get("OPENCODE_CONFIG_CONTENT", ""))
    config = {**before, "provider": {**as_map(before.get("provider")), PROVIDER: provider}}
    if door.model:
        name = f"{PROVIDER}/{door.model}"
        config |= {"model": name, "small_model": name}
    return Setup({TOKEN_VARIABLE: door.token, "OPENCODE_CONFIG_CONTENT": json.dumps(config)})


def _parsed(text: str) -> dict[str, object]:
    try:
        return as_map(json.loads(text))
    except ValueError:
        return {}


AGENTS = (
    Tool(
        "claude",
        (
            "claude",
            "@anthropic-ai/claude-code",
            "claude-agent-acp",
            "@agentclientprotocol/claude-agent-acp",
            "@zed-industries/claude-agent-acp",
            "claude-code-acp",
            "@zed-industries/claude-code-acp",
        ),
        "Anthropic",
        claude,
        hides=(
            "CLAUDE_CODE_USE_BEDROCK",
            "CLAUDE_CODE_USE_VERTEX",
            "CLAUDE_CODE_USE_FOUNDRY",
            "CLAUDE_CODE_OAUTH_TOKEN",
            "ANTHROPIC_UNIX_SOCKET",
        ),
    ),
    Tool(
        "codex",
        (
            "codex",
            "@openai/codex",
            "codex-acp",
            "@agentclientprotocol/codex-acp",
            "@zed-industries/codex-acp",
        ),
        "OpenAI Responses",
        codex,
        own_options=("--oss", "--local-provider"),
    ),
    Tool("copilot", ("copilot", "@github/copilot"), "OpenAI or Anthropic", copilot),
    Tool(
        "goose",
        ("goose",),
        "OpenAI or Anthropic",
        goose,
        hides=("OPENAI_BASE_PATH", "OPENAI_BASE_URL", "GOOSE_LEAD_MODEL"),
        own_options=("--provider",),
    ),
    Tool("opencode", ("opencode", "opencode-ai"), "OpenAI or Anthropic", opencode),
)
