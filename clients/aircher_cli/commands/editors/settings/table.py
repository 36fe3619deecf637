"""All editors and plugins."""

from aircher_cli.commands.editors.settings.block import Editor
from aircher_cli.commands.editors.settings.chats import (
    cline,
    continue_,
    jetbrains,
    jetbrains_agents,
    sublime,
    vscode,
    zed,
    zed_agents,
)
from aircher_cli.commands.editors.settings.emacs import emacs, gptel
from aircher_cli.commands.editors.settings.filters import helix, kakoune, lsp_ai, vim
from aircher_cli.commands.editors.settings.neovim import (
    avante,
    avante_agents,
    codecompanion,
    codecompanion_agents,
    copilotchat,
    gp,
    neovim,
)

PORT, SOCKET, PROGRAM, PLUGIN = "port", "socket", "program", "plugin"

EDITORS: dict[str, Editor] = {
    editor.name: editor
    for editor in (
        Editor("neovim", "aircher's own plugin, on the daemon's socket", neovim, PLUGIN),
        Editor("emacs", "aircher's own package, on the daemon's socket", emacs, PLUGIN),
        Editor("vscode", "its own chat, over HTTP; aircher's extension does more", vscode, PORT),
        Editor("zed", "its own agent, over HTTP; agents by ACP", zed, PORT, zed_agents),
        Editor(
            "jetbrains",
            "AI Assistant, over HTTP; agents by ACP",
            jetbrains,
            PORT,
            jetbrains_agents,
            has_windows=False,
        ),
        Editor("helix", "selections through aircher-cli ask", helix, PROGRAM),
        Editor("vim", "lines through aircher-cli ask", vim, PROGRAM),
        Editor("kakoune", "selections through aircher-cli ask", kakoune, PROGRAM),
        Editor(
            "sublime", "the package OpenAI completion, over HTTP", sublime, PORT, has_windows=False
        ),
        Editor("continue", "in VS Code and JetBrains, over HTTP", continue_, PORT),
        Editor("cline", "in VS Code and JetBrains, over HTTP", cline, PORT),
        Editor("lsp-ai", "a language server, here for Helix, over HTTP", lsp_ai, PORT),
        Editor(
            "codecompanion",
            "in Neovim, private socket; agents by ACP",
            codecompanion,
            SOCKET,
            codecompanion_agents,
            has_windows=False,
        ),
        Editor(
            "avante",
            "in Neovim, over the private socket; agents by ACP",
            avante,
            SOCKET,
            avante_agents,
        ),
        Editor("copilotchat", "in Neovim, over HTTP", copilotchat, PORT),
        Editor("gp", "in Neovim, over HTTP", gp, PORT, has_windows=False),
        Editor("gptel", "in Emacs, over the private socket", gptel, SOCKET),
    )
}

OTHER_NAMES: dict[str, str] = {
    "nvim": "neovim",
    "hx": "helix",
    "kak": "kakoune",
    "code": "vscode",
    "vs-code": "vscode",
    "sublime-text": "sublime",
    **dict.fromkeys(
        ("idea", "intellij", "pycharm", "webstorm", "goland", "clion", "rider", "phpstorm"),
        "jetbrains",
    ),
}
"""What else people call them: programs, and products."""


def find_editor(name: str) -> Editor | None:
    """Return an editor by a name of it, in any case, also with the ending of its repository."""
    plain = name.lower().removesuffix(".nvim").removesuffix(".el")
    return EDITORS.get(OTHER_NAMES.get(plain, plain))


FOLDERS = {"neovim": "nvim", "emacs": "emacs"}
"""Editor -> the folder of aircher's own plugin for it."""
