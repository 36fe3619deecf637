"""`aircher-cli models show`: everything that is known of one model."""

import argparse

from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, CommandFailed
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name
from aircher_cli.registry import suggest
from aircher_cli.render.model_details import detail_lines
from aircher_cli.render.models import full_name
from aircher_cli.values import Map, records, text, texts
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
        "Show everything that is known of a model: provider/model, one of your aliases, or a "
        "model's name alone. Every route of an alias is shown, and every provider of a name.",
        EXAMPLES,
    )
    parser.add_argument("model", type=non_empty_name, metavar="MODEL", help="which one")
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print what is known.

    Raises:
        CommandFailed: nobody knows a model of this name.
        DaemonError: there is no provider of this name.
    """
    with context.connect() as client:
        result = client.call(methods.MODELS_LIST, {"all": True})
        models = records(result.get("models"))
        aliases = records(result.get("aliases"))
        found = [
            _look_up_unlisted(client, model)
            for model in match_models(models, aliases, options.model)
        ]
    if not found:
        known = [*map(full_name, models), *(text(a.get("name")) for a in aliases)]
        raise CommandFailed(
            f'no model is known as "{options.model}"{suggest(options.model, known)}; '
            "see aircher-cli models list --all",
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
    return OK


def match_models(models: list[Map], aliases: list[Map], word: str) -> list[Map]:
    """Return the models that a word means: one in full, an alias's routes, or a name alone."""
    by_name = {full_name(model): model for model in models}
    if word in by_name:
        return [by_name[word]]
    for alias in aliases:
        if alias.get("name") == word:
            return [by_name.get(route) or _unlisted(route) for route in texts(alias.get("routes"))]
    found = [model for model in models if model.get("model") == word]
    return [_unlisted(word)] if not found and "/" in word else found


def _unlisted(route: str) -> Map:
    """Return a route that is on no list: it is asked all the same."""
    provider, _, model = route.partition("/")
    return {"provider": provider, "model": model}


def _look_up_unlisted(client: Client, model: Map) -> Map:
    """Return what else is known of a model that is on no list.

    Raises:
        DaemonError: there is no such provider.
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
    return f"{provider} does not list it{hint}; if you name it, it is asked for all the same"
