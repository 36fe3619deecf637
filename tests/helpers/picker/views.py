"""Views of a daemon for the tests of the picker: short to write, in the shapes of the protocol."""

from collections.abc import Sequence

from aircher_cli.picker.view.daemon_view import DaemonView
from aircher_cli.picker.view.listing.rows import Group
from aircher_cli.values import Map

NOW = 1_795_000_000.0
"""18 November 2026."""


def a_model(full: str, **more: object) -> Map:
    """Return a row of `models.list` for `provider/model`."""
    provider, _, model = full.partition("/")
    return {"provider": provider, "model": model, "state": "authenticated", **more}


def a_key(provider: str, state: str = "authenticated", health: str = "ok", **more: object) -> Map:
    """Return a row of `auth.status`."""
    stored: Map = (
        {}
        if state in {"not_configured", "not_required"}
        else {
            "key": "default",
            "source": "keyring",
        }
    )
    return {"provider": provider, "state": state, "health": health, **stored, **more}


def a_view(
    models: Sequence[str | Map] = (), keys: Sequence[Map] | None = None, **more: object
) -> DaemonView:
    """Return a connected view; without `keys` each provider of a model is signed in."""
    rows = tuple(a_model(each) if isinstance(each, str) else each for each in models)
    if keys is None:
        keys = [a_key(name) for name in dict.fromkeys(str(row["provider"]) for row in rows)]
    fields: dict[str, object] = {"link": "connected", "has_models": True, **more}
    return DaemonView(models=rows, keys=tuple(keys), **fields)  # type: ignore[arg-type]


def names_of(groups: Sequence[Group]) -> dict[str, list[str]]:
    """Return the names of the rows by the key of their group."""
    return {group.key: [row.name for row in group.rows] for group in groups}
