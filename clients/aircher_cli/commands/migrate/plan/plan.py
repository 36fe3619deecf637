"""The whole plan: what is written, what is stored, and what is said about the rest."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from aircher_cli.commands.migrate.notes import Note, problem
from aircher_cli.commands.migrate.old_files.auth_json import OldKey
from aircher_cli.commands.migrate.old_files.old_config import OldConfig
from aircher_cli.commands.migrate.plan.added import InUse
from aircher_cli.commands.migrate.plan.config_text import config_text, fit
from aircher_cli.commands.migrate.plan.keys import (
    PlannedKey,
    note_variables,
    plan_keys,
    usable_providers,
)
from aircher_cli.commands.migrate.plan.limits import plan_limits
from aircher_cli.commands.migrate.plan.providers import catalog_sections, plan_providers
from aircher_cli.commands.migrate.plan.routes import (
    plan_aliases,
    plan_default,
    plan_fallbacks,
    plan_strategy,
    plan_tasks,
)
from aircher_cli.commands.migrate.plan.sections import Section
from aircher_cli.render.formatting import short_path

_VARIABLES: dict[str, str] = {
    "AIRCHER_DEFAULT_PROVIDER": "use -m, or aircher-cli models use",
    "AIRCHER_DEFAULT_MODEL": "use -m, or aircher-cli models use",
    "AIRCHER_DEFAULT_HOST": "a provider is called at its own base_url",
    "AIRCHER_MAX_CONTEXT_TOKENS": "the catalogue knows the context window of each model",
    "AIRCHER_BUDGET_LIMIT": "add a limit to [[limits]]",
    "AIRCHER_DATA_DIR": "the data is in the XDG data directory; XDG_DATA_HOME moves it",
    "AIRCHER_UI_THEME": "this program has no interface with such settings",
    "AIRCHER_UI_ENABLE_MOUSE": "this program has no interface with such settings",
    "AIRCHER_UI_REFRESH_RATE_MS": "this program has no interface with such settings",
    "AIRCHER_CONFIG": "AIRCHER_HOME moves the directory of the configuration; to carry over the "
    "file it names: aircher-cli migrate --from FILE",
}
"""Environment variable of the earlier aircher -> why it has no effect, and what to use instead."""


_TOO_MUCH = (
    "would make the configuration larger than 64 KiB, and is not carried over: add what you need "
    "with aircher-cli config edit"
)


@dataclass
class Plan:
    """`text` is the new configuration, None if no old one was found.

    `servers` has the base URL of each provider with a key to store.
    """

    sections: list[Section] = field(default_factory=list)
    text: str | None = None
    keys: list[PlannedKey] = field(default_factory=list)
    servers: dict[str, str] = field(default_factory=dict)
    not_stored: list[OldKey] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def make_plan(
    config: OldConfig | None,
    keys: Iterable[OldKey],
    environ: Mapping[str, str],
    home: str = "",
    in_use: InUse | None = None,
) -> Plan:
    """Decide everything. `keys` are in the order of preference; `home` is shown as `~`.

    `in_use` is what the configuration in use has already.
    """
    found = config or OldConfig("")
    all_keys = list(keys)
    now = in_use or InUse()
    key_names = [key.provider for key in all_keys]
    providers = plan_providers(found, usable_providers(all_keys, found), now, key_names)
    notes = [*found.notes, *providers.notes]
    top = plan_default(found, providers, notes, has_default=bool(now.default_model))
    aliases = plan_aliases(found, providers, notes)
    tasks = plan_tasks(found, providers, aliases, notes)
    plan_fallbacks(found, providers, notes)
    # The groups that are left out first if there is too much come last.
    groups = [
        ("", [top, *(new.section for new in providers.known.values())]),
        ("[[limits]]", plan_limits(found, providers, notes)),
        ("[fallback]", plan_strategy(found, notes)),
        ("[models]", aliases),
        ("[tasks]", tasks),
        ("[catalog]", catalog_sections(providers, found)),
    ]
    filled, too_much = fit(groups, short_path(found.file, home))
    notes += [problem(group, _TOO_MUCH, found.file) for group in too_much]
    planned = plan_keys(all_keys, providers, found)
    notes += planned.notes
    notes += note_variables(planned.keys, providers, environ)
    notes += [Note("no_counterpart", n, why) for n, why in _VARIABLES.items() if environ.get(n)]
    return Plan(
        sections=filled,
        text=config_text(filled, short_path(found.file, home)) if config else None,
        keys=planned.keys,
        servers={key.provider: providers.known[key.provider].base_url for key in planned.keys},
        not_stored=planned.not_stored,
        notes=list(dict.fromkeys(notes)),
    )
