"""`aircher-cli models list`: lists models with context windows, prices and abilities."""

import argparse
from collections.abc import Mapping

from aircher_cli.context import Context
from aircher_cli.exit_codes import OK
from aircher_cli.paging import print_lines
from aircher_cli.parser import Parser, add_json, make_parser, non_empty_name
from aircher_cli.render.formatting import count, join_names, with_subject
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
List the models that can answer now, with context window, price and abilities. Left out are those of
providers that you are not signed in to or that do not run, those older than two years where there
are newer ones, and those that do not chat, such as models for embeddings: --all shows them, and so
does a QUERY that only they match. A list that is longer than the terminal is shown in a pager
(AIRCHER_PAGER, PAGER or less)."""

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
    scope("--all", action="store_true", help="all known models, whether or not they can answer")
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
        is_narrowed = bool(wanted or options.provider or options.query)
        shown = select_models(
            fitting, every=options.all, signed_in=options.signed_in, is_narrowed=is_narrowed
        )
        if options.json:
            context.console.json({**result, "models": shown})
            return OK
        is_newcomer = not is_narrowed and not any(map(is_ready, found))
        missing = _missing_key_notes(client, context.environ, shown, is_newcomer=is_newcomer)
    hidden = _hidden_notes(fitting, shown)
    about_list = _empty_list_notes(found, result, options) or hidden or _no_match_notes(shown)
    notes = [
        *(legend(shown) if shown and context.console.is_terminal else []),
        *([*missing, *hidden] if is_newcomer and missing else [*about_list, *missing]),
        *_unknown_ability_notes(found, wanted),
        *_stale_list_notes(records(result.get("lists"))),
    ]
    print_lines(context.console, context.environ, table_lines(shown, context.console.width), notes)
    return OK


def select_models(
    models: list[Map], *, every: bool = False, signed_in: bool = False, is_narrowed: bool = False
) -> list[Map]:
    """Return the models to show: those that can answer now and are worth choosing.

    Args:
        models: What the daemon knows, and the options match.
        every: All of them.
        signed_in: Never those of a provider without a sign-in.
        is_narrowed: Whether a query, a provider or an ability is given: if only hidden models
            match, they were asked for.
    """
    if every:
        return models
    ready = [model for model in models if is_ready(model)]
    reachable = [model for model in ready if model.get("health") != "unreachable"]
    usual = _worth_choosing(reachable) or _worth_choosing(ready)
    if usual or not is_narrowed:
        return usual
    return ready if ready or signed_in else _worth_choosing(models) or models


def is_ready(model: Map) -> bool:
    """Tell whether a model's provider can be asked without signing in first."""
    return model.get("state") in READY_STATES


def _worth_choosing(models: list[Map]) -> list[Map]:
    """Return the models that chat, without old ones of a provider that has newer ones.

    As the picker does. The default is never left out.
    """
    from datetime import date  # noqa: PLC0415 -- not for completion, which imports this module

    from aircher_cli.picker.view.listing.model_facts import is_old  # noqa: PLC0415 -- likewise

    today = date.today()  # noqa: DTZ011 -- two years ago, to the day
    chatting = [each for each in models if each.get("chats") is not False or each.get("is_default")]
    is_new = [
        bool(each.get("is_default")) or not is_old(text(each.get("released")), today)
        for each in chatting
    ]
    renewed = {each.get("provider") for each, new in zip(chatting, is_new, strict=True) if new}
    return [
        each
        for each, new in zip(chatting, is_new, strict=True)
        if new or each.get("provider") not in renewed
    ]


def _hidden_notes(fitting: list[Map], shown: list[Map]) -> list[str]:
    """Return how many models are not shown and why."""
    names = {full_name(model) for model in shown}
    hidden = [model for model in fitting if full_name(model) not in names]
    if not hidden:
        return []
    closed = {text(model.get("state")) for model in hidden if not is_ready(model)}
    reasons = [
        "not signed in" if "not_configured" in closed else "",
        "its key cannot be used" if closed - {"not_configured"} else "",
        "unreachable" if _count_ready(hidden, health="unreachable") else "",
        "not for chat, or old" if _count_ready(hidden, health="") else "",
    ]
    more = " more" if shown else ""
    them = "it" if len(hidden) == 1 else "them"
    why = "; ".join(reason for reason in reasons if reason)
    noun = "model" if len(hidden) == 1 else "models"
    return [f"{len(hidden):,}{more} {noun} ({why}): show {them} with --all"]


def _count_ready(models: list[Map], *, health: str) -> int:
    return sum(is_ready(each) and text(each.get("health")) == health for each in models)


def _no_match_notes(shown: list[Map]) -> list[str]:
    if shown:
        return []
    return ["no model matches; to fetch the lists again: aircher-cli models refresh"]


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
    client: Client, environ: Mapping[str, str], shown: list[Map], *, is_newcomer: bool
) -> list[str]:
    """Return what to do if none of the models can be asked, or if no provider can be."""
    if not (shown or is_newcomer) or any(map(is_ready, shown)):
        return []
    providers = list(dict.fromkeys(text(model.get("provider")) for model in shown))
    from aircher_cli.signing_in.notes import model_notes  # noqa: PLC0415 -- rarely needed

    if is_newcomer:
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
    failed = [(text(each.get("provider")), text(each.get("error"))) for each in lists]
    return [with_subject(name, name, error) for name, error in failed if error]
