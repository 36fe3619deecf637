"""`aircher-cli providers add`: adds a provider to the configuration, and tests it."""

import argparse
import shlex

from aircher_cli.commands.auth.key_input import refuse_keys
from aircher_cli.commands.config.changing import report_change, send_change
from aircher_cli.commands.providers.entries import find_entry, provider_rows
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, CommandFailed, UsageError
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name, positive_int
from aircher_cli.render.formatting import count, join_names
from aircher_cli.render.keys import SIGNED_IN_STATES
from aircher_cli.render.layout import paragraph
from aircher_cli.values import Map, records, text
from aircher_wire import methods

EXAMPLES = """
aircher-cli providers add local --kind openai --base-url http://127.0.0.1:8000/v1 --auth none
aircher-cli providers add work --kind openai --base-url https://llm.example.com/v1
aircher-cli providers add ollama --base-url http://gpu-box:11434 --replace
aircher-cli providers add laptop --kind socket --path /run/user/1000/aircher/laptop.sock
"""

DESCRIPTION = """\
Add a server of your own to the configuration, or change where a built-in provider is. Unless it
needs a key that is not stored yet, its list of models is fetched, free of charge, to see whether it
answers."""

SOCKET = "socket"
KINDS = ("openai", "anthropic", "gemini", "openrouter", "ollama", SOCKET)

SHOWN_MODELS = 3


def build_parser() -> Parser:
    """Return the parser of `providers add`."""
    parser = make_parser("providers add", DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    add("name", type=non_empty_name, metavar="NAME", help="lower-case letters, digits, - and _")
    add(
        "--kind",
        choices=KINDS,
        help="the API of the server; openai is everything compatible, socket is another daemon",
    )
    add("--base-url", type=non_empty_name, metavar="URL", help="the base of that API")
    add(
        "--path",
        type=non_empty_name,
        metavar="PATH",
        help="the socket of another daemon; NAME.sock beside your own daemon's by default",
    )
    add("--auth", choices=("none",), help="the server needs no key")
    add(
        "--env",
        action="append",
        type=non_empty_name,
        metavar="VAR",
        help="the environment variable with the key",
    )
    add("--key-command", type=non_empty_name, metavar="COMMAND", help="a command that prints it")
    add(
        "--header",
        action="append",
        type=_header,
        metavar="NAME=VALUE",
        help="an extra header for every call",
    )
    add(
        "--fallback",
        action="append",
        type=non_empty_name,
        metavar="PROVIDER",
        help="what replaces it when it fails: a provider, or provider/model",
    )
    add("--api", choices=("chat", "responses"), help="for openai: which of its two APIs")
    add(
        "--max-tokens-field",
        choices=("max_tokens", "max_completion_tokens"),
        help="the server's name for the limit on output",
    )
    add("--num-ctx", type=positive_int, metavar="TOKENS", help="for ollama: the context window")
    add("--replace", action="store_true", help="replace the entry of that name")
    add("--no-check", action="store_true", help="do not try whether it answers")
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Add the provider, and say what to do next.

    Raises:
        UsageError: an argument is missing, or may be a key.
        CommandFailed: the provider exists, or the configuration would be invalid.
    """
    refuse_keys([options.name, *(options.env or [])])
    entry = _entry(options)
    found = find_entry(context, options.name)
    if not found.is_builtin:
        _require(options)
    if found.entry not in (None, entry) and not options.replace:
        raise CommandFailed(
            f"{options.name} is in the configuration already: replace it with --replace, or change "
            f"an entry: aircher-cli config set providers.{options.name}.ENTRY VALUE",
            code="exists",
        )
    change: Map = {"path": f"providers.{options.name}", "value": entry}
    result = send_change(context, [change], [], as_json=options.json)
    check = {} if options.no_check else _check(context, options.name)
    if options.json:
        context.console.json({**result, "provider": options.name, **check})
        return OK
    report_change(context, result, as_json=False)
    _report_check(context, options.name, check)
    return OK


def _header(word: str) -> tuple[str, str]:
    name, separator, value = word.partition("=")
    if not separator or not name.strip() or not value.strip():
        raise argparse.ArgumentTypeError("must be NAME=VALUE")
    return name.strip(), value.strip()


def _entry(options: argparse.Namespace) -> Map:
    """Return the entry of the configuration for these options."""
    env = options.env or []
    fields: Map = {
        "kind": options.kind,
        "base_url": (options.base_url or "").rstrip("/"),
        "path": options.path,
        "auth": options.auth,
        "env": env[0] if len(env) == 1 else env,
        "key_command": _key_command(options.key_command),
        "headers": dict(options.header or []),
        "api": options.api,
        "max_tokens_field": options.max_tokens_field,
        "num_ctx": options.num_ctx,
        "fallback": options.fallback,
    }
    return {name: value for name, value in fields.items() if value}


def _key_command(command: str | None) -> list[str]:
    try:
        return shlex.split(command or "")
    except ValueError as error:
        raise UsageError(f"--key-command is not a command: {error}") from None


def _require(options: argparse.Namespace) -> None:
    if options.kind == SOCKET:
        return
    missing = [
        option
        for option, value in (("--kind", options.kind), ("--base-url", options.base_url))
        if not value
    ]
    if missing:
        raise UsageError(
            f"{options.name} is not a built-in provider, so it needs {' and '.join(missing)}",
            "aircher-cli providers add --help",
        )


# ------------------------------------------------------------------ the check


def _check(context: Context, name: str) -> Map:
    """Return the provider's state, and what its list of models says if it can be asked."""
    rows = [row for row in provider_rows(context) if row.get("provider") == name]
    state = text(rows[0].get("state")) if rows else ""
    if state not in SIGNED_IN_STATES and state != "not_required":
        return {"state": state}
    with context.connect() as client:
        lists = records(client.call(methods.MODELS_REFRESH, {"provider": name}).get("lists"))
        failed = next((text(each.get("error")) for each in lists if each.get("error")), None)
        if failed is not None:
            return {"state": state, "error": failed}
        found = records(client.call(methods.MODELS_LIST, {"provider": name}).get("models"))
    return {"state": state, "models": [text(model.get("model")) for model in found]}


def _report_check(context: Context, name: str, check: Map) -> None:
    if not check:
        return
    console = context.console
    models = check.get("models")
    if isinstance(models, list):
        shown = join_names([str(model) for model in models[:SHOWN_MODELS]])
        more = f", such as {shown}" if models else ""
        message, style = f"✓ it answers and lists {count(len(models), 'model')}{more}", "good"
        model = models[0] if models else "MODEL"
        step = f"aircher-cli ask -m {name}/{model} hello"
    elif error := text(check.get("error")):
        message, style = f"! it does not answer as expected: {error}", "warn"
        step = f"aircher-cli models refresh {name}"
    else:
        message, style = f"{name} needs a key, which is not stored yet", ""
        step = f"aircher-cli auth login {name}"
    for line in paragraph(message, console.width, hang="  ", style=style):
        console.styled(line)
    console.line(f"next: {step}")
