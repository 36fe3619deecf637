"""Emacs: aircher's own package, and gptel."""

from aircher_cli.commands.editors.literals import elisp_symbol, elisp_text
from aircher_cli.commands.editors.models import Model
from aircher_cli.commands.editors.settings.block import Block, Place, through_socket
from aircher_cli.exit_codes import CommandFailed

INIT = "~/.emacs.d/init.el"
IMAGES = '"image/jpeg" "image/png" "image/gif" "image/webp"'


def emacs(place: Place) -> Block:
    """Return two lines that load aircher's own package.

    Raises:
        CommandFailed: its files are not installed.
    """
    if place.folder is None:
        raise CommandFailed(
            "this installation of aircher has not the files; the release archive has them: "
            "see docs/editors/emacs.md"
        )
    text = f"(add-to-list 'load-path {elisp_text(place.folder)})\n(require 'aircher)"
    return Block(INIT, "elisp", text, ("then: M-x aircher-ask, M-x aircher-chat",))


def gptel(place: Place) -> Block:
    """Return gptel's backend, over the private socket.

    Source: karthink/gptel 0.9.9.5, gptel-openai.el, 2026-11-30.
    """
    models = "\n".join(f"             {_gptel_model(model)}" for model in place.models)
    arguments = " ".join(elisp_text(word) for word in through_socket(place, "gptel"))
    lines = [
        "(setq gptel-backend",
        '      (gptel-make-openai "aircher"',
        '        :protocol "http" :host "localhost" :endpoint "/v1/chat/completions"',
        f"        :curl-args '({arguments})",
        '        :key "none" :stream t',
        f"        :models '(\n{models})))",
        f"(setq gptel-model '{elisp_symbol(place.default.name)})",
    ]
    text = "\n".join(["(require 'gptel)", "(require 'gptel-openai)", *lines])
    hints = ("aircher's own package can do this with a live list: see docs/editors/emacs.md",)
    return Block(INIT, "elisp", text, hints)


def _gptel_model(model: Model) -> str:
    can = [name for name, has in (("tool-use", model.tools), ("media", model.images)) if has]
    kinds = f" :mime-types ({IMAGES})" if model.images else ""
    return (
        f"({elisp_symbol(model.name)} :description {elisp_text(model.title)}"
        f" :capabilities ({' '.join(can)}){kinds}"
        f" :context-window {max(model.window // 1000, 1)})"
    )
