"""The whole JSON Schema of the configuration file, and the part of it for one entry.

It uses no references and only keywords that draft 7 has in common with later drafts, because the
language servers for TOML differ in what they know.
"""

from aircherd.config.json_schema import entries
from aircherd.config.json_schema.fragments import Fragment, named, table
from aircherd.config.model import AMOUNTS
from aircherd.config.sections.projects import FOLDER
from aircherd.config.sections.tasks import NAME
from aircherd.config.toml.locate import KeyPath
from aircherd.vocabulary.builtin_providers import SOCKET, VENDORS
from aircherd.vocabulary.suggestions import nearest

DRAFT = "http://json-schema.org/draft-07/schema#"

FILE_NAME = "config.schema.json"
"""The name of the schema's file beside the configuration."""

_PROVIDER_NAME = "^[a-z0-9][a-z0-9_-]{0,63}$"
_ALIAS_NAME = "^[^/ ]{1,64}$"
_TASK_NAME = f"^{NAME}$"
_ROUTE_NAME = "^[^/]+/.+$"


def json_schema() -> Fragment:
    """Return the schema of the whole file."""
    return {
        "$schema": DRAFT,
        "title": "The configuration of aircher",
        **table(
            "All entries are optional: without a file, every provider with a key is used.",
            {**entries.TOP_LEVEL, **sections()},
        ),
    }


def sections() -> dict[str, Fragment]:
    """Return the schema of each section by its name."""
    return {
        "providers": _providers(),
        "models": named(
            "Model aliases: a name for one or more routes, which are tried in order",
            {"pattern": _ALIAS_NAME},
            table("A model alias", entries.MODELS, required=["routes"]),
        ),
        "fallback": table("The bounds of a request's fallback", entries.FALLBACK),
        "limits": {
            "description": "How much of what may be used in a window; [[limits]], once for each",
            "type": "array",
            "items": table(
                "A limit: at least one of requests, tokens and usd, and per",
                entries.LIMITS,
                required=["per"],
                anyOf=[{"required": [amount]} for amount in AMOUNTS],
            ),
        },
        "shared": table(
            "The engine by which several machines share limits, cooldowns and spending",
            entries.SHARED,
            required=["url"],
        ),
        "catalog": named(
            "Your own data about models; a section's name is provider/model, in quotes",
            {"pattern": _ROUTE_NAME},
            table("A model", entries.CATALOG),
        ),
        "network": table("How to connect to providers", entries.NETWORK),
        "usage": table("What the ledger keeps", entries.USAGE),
        "daemon": table("How the daemon itself runs", entries.DAEMON),
        "conversations": table(
            "What clients keep of conversations, on this machine", entries.CONVERSATIONS
        ),
        "http": table("The APIs for existing tools", entries.HTTP),
        "auth": table("How the daemon handles keys", entries.AUTH),
        "tasks": named(
            "Presets for requests: aircher-cli ask -t NAME",
            {"pattern": _TASK_NAME},
            table("A preset: what a request sets itself takes precedence", entries.TASKS),
        ),
        "projects": named(
            "What requests from a folder use; a section's name is the folder's path, in quotes",
            {"pattern": f"^{FOLDER}$"},
            table("A folder: what a request sets itself takes precedence", entries.PROJECTS),
        ),
        "clients": named(
            "What clients may do, by the name of the client; *@HOST is all at another machine, *@* "
            "all at any, * is all others",
            {"minLength": 1, "maxLength": 200},
            table("The rights of a client", entries.CLIENTS),
        ),
        "protect": table("Who may do what matters most", entries.PROTECT),
    }


def _providers() -> Fragment:
    builtin = {
        vendor.name: table(
            f"The built-in provider {vendor.name}: an entry changes only what it sets",
            {
                **entries.PROVIDERS,
                "kind": {**entries.PROVIDERS["kind"], "enum": [vendor.kind]},
                "base_url": {**entries.PROVIDERS["base_url"], "default": vendor.base_url},
            },
        )
        for vendor in VENDORS.values()
    }
    return named(
        "Your own servers, and changes to the built-in providers",
        {"pattern": _PROVIDER_NAME},
        table(
            "A server of your own, or another daemon",
            entries.PROVIDERS,
            required=["kind"],
            anyOf=[{"required": ["base_url"]}, {"properties": {"kind": {"const": SOCKET}}}],
        ),
        properties=builtin,
    )


def find_schema(path: KeyPath) -> Fragment | None:
    """Return the schema of the entry at `path`, None if there is no such entry."""
    found: object = json_schema()
    for part in path:
        if not isinstance(found, dict):
            return None
        if isinstance(part, int):
            found = found.get("items")
            continue
        properties = found.get("properties")
        known = properties.get(part) if isinstance(properties, dict) else None
        found = known if known is not None else found.get("additionalProperties")
    return found if isinstance(found, dict) else None


def similar_path(path: KeyPath) -> KeyPath | None:
    """Return the entry that an unknown `path` probably means; None if it is known or unlike any."""
    for length, part in enumerate(path):
        if find_schema(path[: length + 1]) is None:
            around = find_schema(path[:length])
            properties = around.get("properties") if around else None
            known = list(properties) if isinstance(properties, dict) else []
            meant = nearest(str(part), known)
            return (*path[:length], meant, *path[length + 1 :]) if meant else None
    return None
