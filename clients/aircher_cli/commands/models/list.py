"""`aircher-cli models list`: lists models with context windows, prices and abilities."""

import argparse
from collections.abc import Mapping

from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name
from aircher_cli.render.formatting import count, join_names
from aircher_cli.render.keys import SIGNED_IN_STATES
from aircher_cli.render.models.table import full_name, legend, table_lines
from aircher_cli.values import Map, records, text
from aircher_client import Client
from aircher_wire import methods

EXAMPLES = """
aircher-cli models list
aircher-cli models list --tools --images sonnet
aircher-cli models list --all --provider openrouter
aircher-cli models list --json | jq -r '.models[] | "\\(.provider)/\\(.model)"'
"""

DESCRIPTION = """\
List the available models with context window, price and abilities. Models of providers that you are
not signed in to are left out, unless there are no others or --all is given."""

READY_STATES = SIGNED_IN_STATES | {"not_required"}
"""States of a provider that can be asked without signing in first."""

ABILITY_OPTIONS = ("tools", "images", "documents", "audio", "reasoning")
"""Options that require the ability of the same name."""


def build_parser() -> Parser:
    """Return the parser of `models list`."""
    parser = make_parser("models list", DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    add("query", nargs="*", metavar="QUERY", help="only names that contain all these words")
    add("--provider", type=non_empty_name, metavar="NAME", help="only models of this provider")
    add("--tools", action="store_true", help="only models that can call tools")
    add("--images", action="store_true", help="only models that can see images")
    add("--documents", action="store_true", help="only models that can read PDFs")
    add("--audio", action="store_true", help="only models that take sound")
    add("--reasoning", action="store_true", help="only models that can reason")
    scope = parser.add_mutually_exclusive_group().add_argument
    scope(
        "--signed-in",
        action="store_true",
        help="only models of providers that you are signed in to",
    )
    scope("--all", action="store_true", help="all known models")
    add_json(parser)
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print the models; return 0 even if there are none."""
    params: Map = {"all": True}  # so that the number of hidden models can be shown
    if options.provider:
        params["provider"] = options.provider
    if options.query:
        params["query"] = " ".join(options.query)
    with context.connect() as client:
        result = client.call(methods.MODELS_LIST, params)
        found = records(result.get("models"))
        wanted = [ability for ability in ABILITY_OPTIONS if getattr(options, ability)]
        fitting = [model for model in found if all(model.get(ability) for ability in wanted)]
        shown = select_models(fitting, every=options.all, signed_in=options.signed_in)
        if options.json:
            context.console.json({**result, "models": shown})
            return OK
        is_empty = not (found or options.provider or options.query)
        missing = _missing_key_notes(client, context.environ, shown, is_empty=is_empty)
    for line in table_lines(shown, context.console.width):
        context.console.styled(line)
    about_list = _empty_list_notes(found, result, options) or _hidden_notes(fitting, shown)
    notes = [
        *([] if is_empty and missing else about_list),
        *missing,
        *_unknown_ability_notes(found, wanted),
        *_stale_list_notes(records(result.get("lists"))),
    ]
    if shown and context.console.is_terminal:
        notes = [*legend(shown), *notes]
    for note in notes:
        context.console.note(note)
    return OK


def select_models(models: list[Map], *, every: bool, signed_in: bool) -> list[Map]:
    """Return the models to show: those that can be asked now, or else all."""
    if every:
        return models
    ready = [model for model in models if model.get("state") in READY_STATES]
    return ready if ready or signed_in else models


def _hidden_notes(fitting: list[Map], shown: list[Map]) -> list[str]:
    """Return how many models are not shown and why, or what to do if there are none."""
    if more := len(fitting) - len(shown):
        hidden = {text(model.get("state")) for model in fitting} - READY_STATES
        are_refused = hidden != {"not_configured"}
        why = "that cannot be used now" if are_refused else "you are not signed in to"
        return [f"{more} more from providers {why}; show them with --all"]
    if not shown:
        return ["no model matches; to fetch the lists again: aircher-cli models refresh"]
    return []


def _empty_list_notes(found: list[Map], result: Map, options: argparse.Namespace) -> list[str]:
    """Return why the named provider has no models at all: it does not run, or has none yet."""
    lists = {text(each.get("provider")): each for each in records(result.get("lists"))}
    known = lists.get(options.provider, {})
    if not found and known.get("is_absent"):
        how = ": start it with 'ollama serve'" if options.provider == "ollama" else ""
        return [f"{options.provider} is not running{how}"]
    if found or options.query or not known.get("fetched_at") or known.get("error"):
        return []
    how = ": get one with 'ollama pull qwen3'" if options.provider == "ollama" else ""
    return [f"{options.provider} has no models yet{how}"]


def _missing_key_notes(
    client: Client, environ: Mapping[str, str], shown: list[Map], *, is_empty: bool
) -> list[str]:
    """Return what to do if none of the models can be asked, or if no model at all is known."""
    if not (shown or is_empty) or any(model.get("state") in READY_STATES for model in shown):
        return []
    providers = list(dict.fromkeys(text(model.get("provider")) for model in shown))
    from aircher_cli.signing_in.notes import model_notes  # noqa: PLC0415 -- rarely needed

    if is_empty:
        return model_notes(client, environ, None)
    # Several providers are shown to a user without any key: the default needs one of them.
    model = full_name(shown[0]) if len(providers) == 1 else None
    return model_notes(client, environ, model) or [
        f"you are not signed in to {join_names(providers)}: aircher-cli auth login {providers[0]}"
    ]


def _unknown_ability_notes(found: list[Map], wanted: list[str]) -> list[str]:
    """Return how many models are left out because their abilities are unknown."""
    abilities = [[model.get(ability) for ability in wanted] for model in found]
    unknown = sum(None in each and False not in each for each in abilities)
    if not unknown:
        return []
    return [f"{count(unknown, 'model')} left out: their abilities are unknown"]


def _stale_list_notes(lists: list[Map]) -> list[str]:
    """Return the providers whose lists of models could not be refreshed."""
    return [f"{text(each.get('provider'))}: {each['error']}" for each in lists if each.get("error")]
