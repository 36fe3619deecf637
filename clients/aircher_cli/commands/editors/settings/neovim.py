"""Neovim: aircher's own plugin, and four others that have a chat."""

from aircher_cli.commands.editors.literals import Code, lua, lua_text
from aircher_cli.commands.editors.settings.block import (
    PROVIDER,
    Block,
    Place,
    Server,
    through_socket,
)
from aircher_cli.exit_codes import CommandFailed

INIT = "~/.config/nvim/init.lua"
ADAPTERS = {"claude": "claude_code", "gemini": "gemini_cli", "copilot": "copilot_acp"} | {
    "qwen": "gemini_cli"  # it is made of it, and has no adapter
}
"""Agent -> codecompanion's adapter for it, where that has another name."""
NOT_PUBLIC = "the token is in this file: keep it out of what you publish"


def neovim(place: Place) -> Block:
    """Return two lines that load aircher's own plugin.

    Raises:
        CommandFailed: its files are not installed.
    """
    if place.folder is None:
        raise CommandFailed(
            "this installation of aircher has not the files; the release archive has them: "
            "see docs/editors/neovim.md"
        )
    text = f'vim.opt.runtimepath:append({lua_text(place.folder)})\nrequire("aircher").setup()'
    hints = ("then: :helptags ALL, :checkhealth aircher, :Aircher",)
    return Block(INIT, "lua", text, hints)


def codecompanion(place: Place) -> Block:
    """Return the set-up of codecompanion, over the private socket.

    Source: olimorris/codecompanion.nvim f1afd025 (2026-08-08),
    lua/codecompanion/adapters/http/openai_compatible.lua and config.lua, 2026-11-30. Its own list
    of models does not go through the socket.
    """
    choices = {
        model.name: {"opts": {"has_vision": model.images, "can_use_tools": model.tools}}
        for model in place.models
    }
    fields = {
        "formatted_name": PROVIDER,
        "env": {
            "url": "http://localhost",
            "api_key": Code('function() return "none" end'),
        },
        "raw": through_socket(place, "codecompanion"),
        "schema": {"model": {"default": place.default.name, "choices": choices}},
    }
    adapter = Code(
        'function()\n  return require("codecompanion.adapters").extend("openai_compatible", '
        f"{lua(fields, 1)})\nend"
    )
    settings = {
        "adapters": {"http": {PROVIDER: adapter}},
        "interactions": {"chat": {"adapter": PROVIDER}, "inline": {"adapter": PROVIDER}},
    }
    text = f'require("codecompanion").setup({lua(settings)})'
    hints = ("aircher's own plugin has an adapter with a live list: see docs/editors/neovim.md",)
    return Block(INIT, "lua", text, hints)


def codecompanion_agents(place: Place) -> Block:
    """Return the set-up of codecompanion with agents.

    Source: olimorris/codecompanion.nvim f1afd025 (2026-08-08), lua/codecompanion/adapters/acp and
    acp/init.lua, 2026-11-30. It would sign in to the agent's own service, unless the adapter says
    that it has done so.
    """
    adapters = {_adapter_name(server): _agent_adapter(server) for server in place.servers}
    settings = {
        "adapters": {"acp": adapters},
        "interactions": {"chat": {"adapter": _adapter_name(place.servers[0])}},
    }
    return Block(INIT, "lua", f'require("codecompanion").setup({lua(settings)})')


def _adapter_name(server: Server) -> str:
    return f"{PROVIDER}_{server.agent}"


def _agent_adapter(server: Server) -> Code:
    fields = {
        "name": _adapter_name(server),
        "formatted_name": server.title,
        "commands": {"default": list(server.words)},
        "handlers": {"auth": Code("function() return true end")},
    }
    base = lua_text(ADAPTERS.get(server.agent, server.agent))
    return Code(
        f'function()\n  return require("codecompanion.adapters").extend({base}, '
        f"{lua(fields, 1)})\nend"
    )


def avante(place: Place) -> Block:
    """Return the set-up of avante, over the private socket.

    Source: yetone/avante.nvim a9334315 (2026-08-22), lua/avante/config.lua, llm.lua and
    providers/openai.lua, 2026-11-30. Without a name of a key it sends none; `rawArgs` goes to curl.
    """
    providers = {
        _avante_name(index): _avante_provider(place, index) for index in range(len(place.models))
    }
    settings = {"provider": PROVIDER, "providers": providers}
    return Block(INIT, "lua", f'require("avante").setup({lua(settings)})')


def avante_agents(place: Place) -> Block:
    """Return the set-up of avante with agents. Source: as above."""
    servers = {
        server.title: {"command": server.words[0], "args": list(server.words[1:])}
        for server in place.servers
    }
    settings = {"provider": place.servers[0].title, "acp_providers": servers}
    return Block(INIT, "lua", f'require("avante").setup({lua(settings)})')


def _avante_name(index: int) -> str:
    return PROVIDER if index == 0 else f"{PROVIDER}-{index + 1}"


def _avante_provider(place: Place, index: int) -> dict[str, object]:
    model = place.models[index]
    parse = Code(
        "function(self, prompt)\n"
        '  local args = require("avante.providers.openai").parse_curl_args(self, prompt)\n'
        f"  args.rawArgs = {lua(through_socket(place, 'avante'), 1)}\n"
        "  return args\n"
        "end"
    )
    return {
        "__inherited_from": "openai",
        "endpoint": "http://localhost/v1",
        "api_key_name": "",
        "model": model.name,
        "display_name": f"{PROVIDER}: {model.title}",
        "context_window": model.window,
        "disable_tools": not model.tools,
        "extra_request_body": {"max_tokens": model.output},
        "parse_curl_args": parse,
    }


def copilotchat(place: Place) -> Block:
    """Return the set-up of CopilotChat.

    Source: CopilotC-Nvim/CopilotChat.nvim f0c2a23 (2026-06-17), README.md (Providers) and
    lua/CopilotChat/config/providers.lua and client.lua, 2026-11-30.
    """
    models = [
        {
            "id": model.name,
            "name": model.title,
            "tokenizer": "o200k_base",
            "max_input_tokens": model.input,
            "max_output_tokens": model.output,
            "streaming": True,
            "tools": model.tools,
        }
        for model in place.models
    ]
    provider = {
        "get_url": Code(
            f"function() return {lua_text(f'{place.openai_url}/chat/completions')} end"
        ),
        "get_headers": Code(
            f"function() return {{ Authorization = {lua_text(f'Bearer {place.token}')} }} end"
        ),
        "get_models": Code(f"function()\n  return {lua(models, 1)}\nend"),
        "prepare_input": Code('require("CopilotChat.config.providers").copilot.prepare_input'),
        "prepare_output": Code('require("CopilotChat.config.providers").copilot.prepare_output'),
    }
    settings = {"model": place.default.name, "providers": {PROVIDER: provider}}
    return Block(INIT, "lua", f'require("CopilotChat").setup({lua(settings)})', (NOT_PUBLIC,))


def gp(place: Place) -> Block:
    """Return the set-up of gp.nvim.

    Source: Robitx/gp.nvim c37f154 (2025-08-11), lua/gp/config.lua, dispatcher.lua and vault.lua,
    2026-11-30. Arguments of curl hold for all of its providers, so it comes over TCP.
    """
    agents = []
    for model in place.models:
        for kind, prompt in (("chat", "chat_system_prompt"), ("command", "code_system_prompt")):
            agents.append(
                {
                    "name": f"{PROVIDER} {kind} {model.name}",
                    "provider": PROVIDER,
                    "chat": kind == "chat",
                    "command": kind == "command",
                    "model": {"model": model.name},
                    "system_prompt": Code(f'require("gp.defaults").{prompt}'),
                }
            )
    provider = {"endpoint": f"{place.openai_url}/chat/completions", "secret": place.token}
    settings = {
        "providers": {"openai": {}, PROVIDER: provider},
        "default_chat_agent": f"{PROVIDER} chat {place.default.name}",
        "default_command_agent": f"{PROVIDER} command {place.default.name}",
        "agents": agents,
    }
    return Block(INIT, "lua", f'require("gp").setup({lua(settings)})', (NOT_PUBLIC,))
