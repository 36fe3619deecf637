"""Editors with a chat of their own: Zed, JetBrains, VS Code, Continue, Cline, Sublime Text."""

from aircher_cli.commands.editors.literals import json_block, quoted
from aircher_cli.commands.editors.models import Model
from aircher_cli.commands.editors.settings.block import PROVIDER, Block, Place
from aircher_cli.values import Map

ZED = "~/.config/zed/settings.json"


def zed(place: Place) -> Block:
    """Return the part of Zed's settings.json.

    Source: zed-industries/zed, docs/src/ai/use-api-access.md and external-agents.md,
    crates/settings_content/src/language_model.rs and agent.rs, 2026-11-30. The key is kept in the
    keychain, or taken from a variable that is named after the provider.
    """
    provider: Map = {
        "api_url": place.openai_url,
        "available_models": [_zed_model(model) for model in place.models],
    }
    settings: Map = {
        "agent": {"default_model": {"provider": PROVIDER, "model": place.default.name}},
        "language_models": {"openai_compatible": {PROVIDER: provider}},
    }
    hint = (
        "the token is not in this file: enter it at agent: open settings, LLM Providers, "
        f"{PROVIDER}; or set AIRCHER_API_KEY to it where Zed is started"
    )
    return Block(ZED, "json", json_block(settings), (hint,))


def zed_agents(place: Place) -> Block:
    """Return the part of Zed's settings.json with agents. Source: as above."""
    servers = {
        server.title: {"type": "custom", "command": server.words[0], "args": list(server.words[1:])}
        for server in place.servers
    }
    return Block(ZED, "json", json_block({"agent_servers": servers}))


def _zed_model(model: Model) -> Map:
    capabilities: Map = {
        "tools": model.tools,
        "images": model.images,
        "parallel_tool_calls": model.tools,
        "prompt_cache_key": True,
        "chat_completions": True,
        "interleaved_reasoning": False,
    }
    return {
        "name": model.name,
        "display_name": model.title,
        "max_tokens": model.window,
        "max_output_tokens": model.output,
        "capabilities": capabilities,
    }


def jetbrains(place: Place) -> Block:
    """Return what to type into the settings of AI Assistant.

    Source: jetbrains.com/help/ai-assistant, "Bring your own key" (2026.1) and "Use custom models",
    2026-11-30: one model for each entry.
    """
    rows = [
        "Settings | Tools | AI Assistant | Models & API Keys | Third-party AI providers",
        "Provider  OpenAI-compatible",
        f"URL       {place.openai_url}",
        f"API key   {place.token}",
        f"Model     {place.default.name}",
    ]
    others = [f"          {model.name}" for model in place.models[1:]]
    more = ["", "Other models, each in an entry of its own:", *others] if others else []
    return Block("the settings of the IDE", "text", "\n".join([*rows, *more]))


def jetbrains_agents(place: Place) -> Block:
    """Return the file in which JetBrains' IDEs look for agents.

    Source: jetbrains.com/help/ai-assistant/acp.html, 2026-11-30.
    """
    servers = {
        server.title: {"command": server.words[0], "args": list(server.words[1:]), "env": {}}
        for server in place.servers
    }
    return Block("~/.jetbrains/acp.json", "json", json_block({"agent_servers": servers}))


def vscode(place: Place) -> Block:
    """Return VS Code's list of models of its own vendor for custom endpoints.

    Source: microsoft/vscode, extensions/copilot/src/extension/byok/vscode-node/
    customEndpointProvider.ts, and issue 316916, 2026-11-30; since VS Code 1.122. Its vendor for
    Ollama sends no token, so it is not let in.
    """
    group: Map = {
        "name": PROVIDER,
        "vendor": "customendpoint",
        "apiKey": place.token,
        "apiType": "chat-completions",
        "models": [_vscode_model(model, place) for model in place.models],
    }
    hints = (
        "aircher's own extension needs no port, token or list: see docs/editors/vscode.md",
        "this is for VS Code 1.122 or later; if the file exists, add the entry to its list",
    )
    return Block("~/.config/Code/User/chatLanguageModels.json", "json", json_block([group]), hints)


def _vscode_model(model: Model, place: Place) -> Map:
    return {
        "id": model.name,
        "name": model.title,
        "url": f"{place.openai_url}/chat/completions",
        "toolCalling": model.tools,
        "vision": model.images,
        "maxInputTokens": model.input,
        "maxOutputTokens": min(model.output, model.window - model.input),
    }


def continue_(place: Place) -> Block:
    """Return Continue's config.yaml.

    Source: continuedev/continue, packages/config-yaml/src/schemas/models.ts, 2026-11-30. Texts are
    quoted as in JSON, which YAML takes.
    """
    lines = ["name: aircher", "version: 0.0.1", "schema: v1", "models:"]
    for model in place.models:
        lines += _continue_model(model, place)
    hints = ("if the file exists, add the models to its list",)
    return Block("~/.continue/config.yaml", "yaml", "\n".join(lines), hints)


def _continue_model(model: Model, place: Place) -> list[str]:
    can = [name for name, has in (("tool_use", model.tools), ("image_input", model.images)) if has]
    return [
        f"  - name: {quoted(f'{model.title} (aircher)')}",
        "    provider: openai",
        f"    model: {quoted(model.name)}",
        f"    apiBase: {quoted(place.openai_url)}",
        f"    apiKey: {quoted(place.token)}",
        "    useResponsesApi: false",
        "    roles: [chat, edit, apply]",
        f"    capabilities: [{', '.join(can)}]",
        "    defaultCompletionOptions:",
        f"      contextLength: {model.window}",
        f"      maxTokens: {model.output}",
    ]


def cline(place: Place) -> Block:
    """Return what to type into Cline's settings; the extension keeps them in no file.

    Source: docs.cline.bot/provider-config/openai-compatible, 2026-11-30.
    """
    model = place.default
    rows = [
        "API Provider         OpenAI Compatible",
        f"Base URL             {place.openai_url}",
        f"API Key              {place.token}",
        f"Model ID             {model.name}",
        f"Context Window Size  {model.window}",
        f"Max Output Tokens    {model.output}",
        f"Supports Images      {'yes' if model.images else 'no'}",
    ]
    others = [f"                     {each.name}" for each in place.models[1:]]
    more = ["", "Other models:", *others] if others else []
    hints = ("its program for the terminal needs no settings: aircher-cli run -- cline",)
    return Block(
        "Cline's settings (the gear in its panel)", "text", "\n".join([*rows, *more]), hints
    )


def sublime(place: Place) -> Block:
    """Return the settings of the package OpenAI completion for Sublime Text.

    Source: yaroslavyaroslav/OpenAI-sublime-text f4f757b (2025-05-23), openAI.sublime-settings,
    2026-11-30.
    """
    assistants: list[Map] = [
        {
            "name": f"aircher: {model.title}",
            "url": f"{place.openai_url}/chat/completions",
            "token": place.token,
            "chat_model": model.name,
            "assistant_role": "You are a senior code assistant",
            "max_tokens": model.output,
            "tools": model.tools,
            "stream": True,
            "api_type": "open_ai",
        }
        for model in place.models
    ]
    hints = ("its package is called OpenAI completion in Package Control",)
    file = "Packages/User/openAI.sublime-settings"
    return Block(file, "json", json_block({"assistants": assistants}), hints)
