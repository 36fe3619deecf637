"""Names in `[[limits]]` that nobody knows: a limit with a typing error protects nothing.

A warning and no error: a model may be newer than every list, and a key still to be stored.
"""

from collections.abc import Iterator

from aircherd.config.model import Limit
from aircherd.ipc.deltas import told
from aircherd.ipc.services import Services
from aircherd.vocabulary.names import nearest

Map = dict[str, object]


def unknown_names(services: Services) -> list[Map]:
    """Return a row for each: `{limit, what, name, nearest?}`, `limit` its number in the file."""
    limits = enumerate(services.config.current.limits)
    return [told(row) for number, limit in limits for row in _unknown(services, number, limit)]


def _unknown(services: Services, number: int, limit: Limit) -> Iterator[Map]:
    provider = services.config.current.providers.get(limit.provider or "")
    if provider is None:
        return
    if limit.model is not None and services.catalog.is_unknown(provider, limit.model.model):
        meant = nearest(limit.model.model, services.catalog.names(provider.name))
        near = None if meant is None else f"{provider.name}/{meant}"
        yield {"limit": number, "what": "model", "name": str(limit.model), "nearest": near}
    keys = [choice.name for choice in services.auth.key_choices(provider)]
    # A key without a name stands for those that cannot be listed now.
    if limit.key is not None and limit.key not in keys and None not in keys:
        near = nearest(limit.key, [key for key in keys if key is not None])
        yield {"limit": number, "what": "key", "name": limit.key, "nearest": near}
