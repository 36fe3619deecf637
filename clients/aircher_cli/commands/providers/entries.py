"""What the daemon knows about a provider and its entry in the configuration."""

from aircher_cli.context import Context
from aircher_cli.values import Map, records, text
from aircher_wire import methods


class ProviderEntry:
    """A provider's entry in the file, None if it has none.

    - `is_builtin`: whether it exists without an entry.
    - `line`: the first line of the entry, if it is known.
    """

    def __init__(self, name: str, rows: list[Map]) -> None:
        start = f"providers.{name}."
        found = [
            {**row, "path": text(row.get("path")).removeprefix(start)}
            for row in rows
            if text(row.get("path")).startswith(start)
        ]
        own = [row for row in found if row.get("source") == "file"]
        self.entry = _nested(own) if own else None
        # Only a built-in provider has a default for these.
        self.is_builtin = any(
            row.get("source") == "default" and row["path"] in {"kind", "base_url"} for row in found
        )
        lines = [line for row in own if isinstance(line := row.get("line"), int)]
        self.line = min(lines, default=None)


def _nested(rows: list[Map]) -> Map:
    """Return the rows as the file has them: headers are a section of their own."""
    entry: Map = {}
    headers: Map = {}
    for row in rows:
        section, _, name = text(row.get("path")).partition(".")
        if section == "headers":
            headers[name] = row.get("value")
        else:
            entry[section] = row.get("value")
    return {**entry, **({"headers": headers} if headers else {})}


def find_entry(context: Context, name: str) -> ProviderEntry:
    """Return the provider's entry in the configuration."""
    with context.connect() as client:
        rows = records(client.call(methods.CONFIG_SHOW, {"all": True}).get("rows"))
    return ProviderEntry(name, rows)


def provider_rows(context: Context) -> list[Map]:
    """Return the rows of all providers in `status`."""
    with context.connect() as client:
        return records(client.call(methods.STATUS).get("providers"))
