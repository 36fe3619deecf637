"""Editors that send a selection through a program: Vim, Kakoune, Helix; and lsp-ai for Helix."""

from aircher_cli.commands.editors.literals import quoted, shell_text, vim_text
from aircher_cli.commands.editors.settings.block import Block, Place

CODE_ONLY = "Change the text as asked. Answer with the new text only, without code fences."


def ask_command(place: Place) -> str:
    """Return the shell command that rewrites its standard input; the instruction follows it."""
    # A line break in a name would end the line of the settings.
    name = " ".join(place.default.name.split()) if place.models else ""
    model = f" -m {shell_text(name)}" if name else ""
    return f"{shell_text(place.program)} ask --no-keep{model} -s {shell_text(CODE_ONLY)}"


def vim(place: Place) -> Block:
    """Return a command of Vim that rewrites lines; they stay if there is no answer."""
    text = f"""\
" :'<,'>AircherRewrite add type hints
function! AircherRewrite(first, last, instruction) abort
  let problems = tempname()
  let command = {vim_text(ask_command(place))} . ' ' . shellescape(a:instruction)
  let answer = systemlist(command . ' 2>' . shellescape(problems), getline(a:first, a:last))
  if v:shell_error
    echohl ErrorMsg | echo join(readfile(problems), "\\n") | echohl None
  else
    call append(a:last, answer)
    silent execute a:first . ',' . a:last . 'delete _'
  endif
  call delete(problems)
endfunction
command! -range=% -nargs=1 AircherRewrite call AircherRewrite(<line1>, <line2>, <q-args>)"""
    return Block("~/.vimrc", "vim", text, ("in Neovim, aircher's own plugin does more",))


def kakoune(place: Place) -> Block:
    """Return a command of Kakoune that rewrites the selections; they stay if there is no answer.

    Source: mawww/kakoune, doc/pages/keys.asciidoc and expansions.asciidoc, 2026-11-30, and tried:
    options are variables of the shell, and the output of a program that failed is taken, too.
    """
    ask = f'printf %s "$text" | {ask_command(place)} "$kak_opt_aircher_instruction"'
    keys = (
        'text=$(cat; echo .); text="${text%.}"; '
        f'if answer=$({ask}); then printf "%s\\n" "$answer"; else printf %s "$text"; fi'
    )
    quoted_keys = keys.replace("<", "<lt>").replace("'", "''")
    text = f"""\
# :aircher-rewrite add type hints
declare-option -hidden str aircher_instruction
define-command aircher-rewrite -params 1.. -docstring 'rewrite the selections with aircher' %{{
    set-option window aircher_instruction "%arg{{@}}"
    execute-keys '|{quoted_keys}<ret>'
}}"""
    hints = ("if a selection stays as it was, the reason is in the buffer *debug*",)
    return Block("~/.config/kak/kakrc", "kakoune", text, hints)


def helix(place: Place) -> Block:
    """Return a key of Helix that begins to send the selections through `aircher-cli ask`.

    Source: helix-editor/helix, book/src/keymap.md (`|` is `shell_pipe`) and book/src/remapping.md,
    2026-11-30. It has no chat by its own choice (discussion 15818); a macro types the command, and
    the instruction follows.
    """
    macro = f"|{ask_command(place)} ''<left>".replace("<left>", "\0").replace("<", "<lt>")
    text = "\n".join(
        [
            "# Space, i: type the instruction, then Return",
            "[keys.normal.space]",
            f"i = {quoted('@' + macro.replace(chr(0), '<left>'))}",
            "",
            "[keys.select.space]",
            f"i = {quoted('@' + macro.replace(chr(0), '<left>'))}",
        ]
    )
    hints = ("for a chat in the buffer: aircher-cli editors lsp-ai",)
    return Block("~/.config/helix/config.toml", "toml", text, hints)


def lsp_ai(place: Place) -> Block:
    """Return the set-up of lsp-ai in Helix: actions that chat in the buffer.

    Source: SilasMarvin/lsp-ai 1e910a8 (2025-01-07), crates/lsp-ai/src/config.rs and
    examples/helix, 2026-11-30. Completion stays off: it would ask at every key.
    """
    model = place.default
    server = "[language-server.lsp-ai"
    text = "\n".join(
        [
            f"{server}]",
            'command = "lsp-ai"',
            "",
            f"{server}.config.memory]",
            "file_store = {}",
            "",
            f"{server}.config.models.aircher]",
            'type = "open_ai"',
            f"chat_endpoint = {quoted(f'{place.openai_url}/chat/completions')}",
            f"model = {quoted(model.name)}",
            f"auth_token = {quoted(place.token)}",
            "",
            f"[{server}.config.chats]]",
            'trigger = "!A"',
            'action_display_name = "aircher"',
            'model = "aircher"',
            "",
            f"{server}.config.chats.parameters]",
            f"max_context = {min(model.input, 100_000)}",
            f"max_tokens = {min(model.output, 8_000)}",
            "",
            "[[language]]",
            'name = "markdown"',
            'language-servers = ["marksman", "markdown-oxide", "lsp-ai"]',
        ]
    )
    hints = (
        'add "lsp-ai" to the language-servers of other languages in which you want it',
        "then write !A and a question in a buffer, and choose aircher among the code actions",
    )
    return Block("~/.config/helix/languages.toml", "toml", text, hints)
