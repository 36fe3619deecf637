"""Read a parsed file: every section in order, each into its part of `Config`."""

from pathlib import Path

from aircherd.config.model import Config
from aircherd.config.problems import ProblemCollector
from aircherd.config.section import Section
from aircherd.config.sections.auth import read_auth
from aircherd.config.sections.catalog import read_catalog
from aircherd.config.sections.clients import read_clients, read_protection
from aircherd.config.sections.conversations import read_conversations
from aircherd.config.sections.daemon import read_daemon
from aircherd.config.sections.fallback import check_fallbacks, read_fallback
from aircherd.config.sections.http import read_http
from aircherd.config.sections.limits import read_limits
from aircherd.config.sections.models import read_default_model, read_models
from aircherd.config.sections.network import read_network
from aircherd.config.sections.projects import read_projects
from aircherd.config.sections.providers import read_providers
from aircherd.config.sections.shared.section import SIGN_IN_NAME, read_shared
from aircherd.config.sections.tasks import read_tasks
from aircherd.config.sections.usage import read_usage
from aircherd.config.values import read_table

SECTION = Section(
    "the top level",
    (
        "default_model",
        "providers",
        "models",
        "network",
        "catalog",
        "fallback",
        "limits",
        "shared",
        "usage",
        "daemon",
        "conversations",
        "http",
        "tasks",
        "projects",
        "auth",
        "clients",
        "protect",
    ),
)


def read_config(report: ProblemCollector, data: dict[str, object], folder: Path) -> Config:
    """Return the configuration; it is valid only if `report` has no problem afterwards.

    Relative paths in the file start at `folder`.
    """
    top = dict(report.known_entries(SECTION, (), data))
    entries = _section(report, top, "providers")
    providers = read_providers(report, entries)
    # A provider whose own entry has a problem still exists: one mistake, one problem.
    known = [*providers, *(name for name in entries if name not in providers)]
    check_fallbacks(report, providers, known)
    models = read_models(report, _section(report, top, "models"), known)
    aliases = list(models)
    default_model = None
    if "default_model" in top:
        default_model = read_default_model(report, top["default_model"], known, aliases)
    network = read_network(report, _section(report, top, "network"), folder)
    clients = read_clients(report, _section(report, top, "clients"), known)
    usage = read_usage(report, _section(report, top, "usage"))
    shared = None
    if "shared" in top:
        table = report.read(("shared",), top["shared"], read_table)
        shared = None if table is None else read_shared(report, table, folder)
        if SIGN_IN_NAME in entries:
            report.add(
                ("providers", SIGN_IN_NAME),
                "has the name by which the password of [shared] is stored",
                "choose another name for the provider",
            )
    tasks = _section(report, top, "tasks")
    projects = _section(report, top, "projects")
    return Config(
        default_model=default_model,
        auth=read_auth(report, _section(report, top, "auth"), folder),
        providers=providers,
        models={name: alias for name, alias in models.items() if alias is not None},
        network=network,
        daemon=read_daemon(report, _section(report, top, "daemon")),
        conversations=read_conversations(report, _section(report, top, "conversations")),
        http=read_http(report, _section(report, top, "http"), known, aliases),
        fallback=read_fallback(report, _section(report, top, "fallback")),
        catalog=read_catalog(report, _section(report, top, "catalog"), known),
        keep_days=usage.keep_days,
        on_failure=usage.on_failure,
        time_zone=usage.time_zone,
        shared=shared,
        limits=read_limits(
            report,
            top.get("limits", []),
            providers,
            known,
            aliases,
            # One mistake, one problem: an invalid section still says that there is a fleet.
            has_fleet="shared" in top,
        ),
        tasks=read_tasks(report, tasks, known, aliases),
        projects=read_projects(report, projects, known, aliases, list(tasks)),
        clients=clients,
        protect=read_protection(report, _section(report, top, "protect"), list(clients)),
    )


def _section(report: ProblemCollector, top: dict[str, object], name: str) -> dict[str, object]:
    return report.read((name,), top.get(name, {}), read_table) or {}
