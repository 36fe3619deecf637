"""`aircher-cli models show`: shows everything known about a model."""

import argparse

from aircher_cli.commands.auth.status import missing_key
from aircher_cli.commands.models.list import READY_STATES
from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, CommandFailed
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name
from aircher_cli.registry import suggest
from aircher_cli.render.keys import rows_with_engine
from aircher_cli.render.models.details import detail_lines
from aircher_cli.render.models.table import full_name
from aircher_cli.values import Map, records, split_model, text, texts, without_label
from aircher_client import Client
from aircher_wire import codes, methods

EXAMPLES = """
aircher-cli models show anthropic/claude-sonnet-5
aircher-cli models show --json sonnet | jq '.models[0].prices'
"""


def build_parser() -> Parser:
    """Return the parser of `models show`."""
    parser = make_parser(
        "models show",
        "Show everything known about a model: provider/model, an alias, or the name of a model. "
        "For an alias all its routes are shown, and for a name all providers that have the model.",
        EXAMPLES,
    )
    parser.add_argument("model", type=non_empty_name, metavar="MODEL", help="the model")
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the details of the model.

    Raises:
        CommandFailed: no model has this name.
        DaemonError: the provider does not exist.
    """
    with context.connect() as client:
        result = client.call(methods.MODELS_LIST, {"all": True})
        models = records(result.get("models"))
        aliases = records(result.get("aliases"))
        found = [
            _look_up_unlisted(client, model)
            for model in match_models(models, aliases, options.model)
        ]
        notes: list[str] = []
        if not options.json and not any(model.get("state") in READY_STATES for model in found):
            from aircher_cli.signing_in.notes import model_notes  # noqa: PLC0415 -- rarely needed

            notes = model_notes(client, context.environ, options.model)
        if found and (label := split_model(options.model)[1]):
            notes += _key_notes(client, text(found[0].get("provider")), label)
    if not found:
        known = [*map(full_name, models), *(text(a.get("name")) for a in aliases)]
        raise CommandFailed(
            f'unknown model "{options.model}"{suggest(options.model, known)}; '
            "list all models: aircher-cli models list --all",
            code=codes.UNKNOWN_MODEL,
        )
    if options.json:
        context.console.json({"models": found})
        return OK
    known = [full_name(model) for model in models]
    for at, model in enumerate(found):
        lines = detail_lines(model, context.console.width)
        for line in [[("", "")], *lines] if at else lines:
            context.console.styled(line)
        if full_name(model) not in known:
            context.console.note(_unlisted_note(model, known))
    for note in notes:
        context.console.note(note)
    return OK


def _key_notes(client: Client, provider: str, label: str) -> list[str]:
    """Return what to say of the key that the name asks for: it is used, or there is none."""
    status = client.call(methods.AUTH_STATUS)
    rows = [row for row in rows_with_engine(status) if row.get("provider") == provider]
    if any(row.get("key") == label for row in rows):
        return []
    return [missing_key(provider, label, rows)]


def match_models(models: list[Map], aliases: list[Map], word: str) -> list[Map]:
    """Return the models that match: a full name, an alias's routes, or a model's name alone."""
    by_name = {full_name(model): model for model in models}
    word = without_label(word)
    if word in by_name:
        return [by_name[word]]
    for alias in aliases:
        if alias.get("name") == word:
            routes = map(without_label, texts(alias.get("routes")))
            return [by_name.get(route) or _unlisted(route) for route in routes]
    found = [model for model in models if model.get("model") == word]
    return [_unlisted(word)] if not found and "/" in word else found


def _unlisted(route: str) -> Map:
    """Return a model that is on no list; it can be used nevertheless."""
    provider, _, model = route.partition("/")
    return {"provider": provider, "model": model}


def _look_up_unlisted(client: Client, model: Map) -> Map:
    """Return what the daemon knows about a model that is on no list.

    Raises:
        DaemonError: the provider does not exist.
    """
    if "state" in model:
        return model
    result = client.call(methods.MODELS_LIST, {"model": full_name(model)})
    return next(iter(records(result.get("models"))), model)


def _unlisted_note(model: Map, known: list[str]) -> str:
    provider = text(model.get("provider"))
    hint = suggest(
        full_name(model),
        [non_empty_name for non_empty_name in known if non_empty_name.startswith(f"{provider}/")],
    )
    return f"{provider} does not list it{hint}; you can use it nevertheless"
