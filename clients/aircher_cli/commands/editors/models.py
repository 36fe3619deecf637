"""The models that an editor gets: names, windows, abilities. From `models.list`; pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from aircher_cli.commands.models.list import select_models
from aircher_cli.exit_codes import UsageError
from aircher_cli.registry import suggest
from aircher_cli.values import Map, number, records, text, texts

ASSUMED_WINDOW = 128_000
ASSUMED_OUTPUT = 16_000
"""Of a model of which no source says more. Editors want a number."""


class Model(NamedTuple):
    """A model, or an alias for several of them.

    - `name`: by which it is asked for. `title`: for people.
    - `window`: tokens of input and output together; `is_window_known` is false if it is assumed.
    - `output`: the most tokens of an answer.
    - `tools`, `images`, `thinks`: what it can do.
    """

    name: str
    title: str
    window: int = ASSUMED_WINDOW
    output: int = ASSUMED_OUTPUT
    tools: bool = False
    images: bool = False
    thinks: bool = False
    is_window_known: bool = False

    @property
    def input(self) -> int:
        """The most tokens of a question, with room for an answer."""
        return max(self.window - self.output, self.window // 2)


def models_for_editor(
    listed: Map, wanted: Sequence[str] = (), *, every: bool = False
) -> list[Model]:
    """Return the models to write into settings: the default first, then aliases, then the others.

    Args:
        listed: What `models.list` returned for all models.
        wanted: Only these names, in this order.
        every: Also what cannot be asked now, and what `models list` leaves out.

    Raises:
        UsageError: no model has one of these names.
    """
    rows = {f"{text(row.get('provider'))}/{text(row.get('model'))}": row for row in _rows(listed)}
    aliases = {text(row.get("name")): texts(row.get("routes")) for row in _aliases(listed)}
    if wanted:
        return _distinct([_named(name, rows, aliases) for name in wanted])
    shown = select_models(list(rows.values()), every=every)
    names = {f"{text(row.get('provider'))}/{text(row.get('model'))}" for row in shown}
    found = [
        _alias(name, routes, rows)
        for name, routes in aliases.items()
        if every or names & set(routes)
    ]
    found += [_model(name, rows[name]) for name in rows if name in names]
    default = text(listed.get("default"))
    return _distinct(sorted(found, key=lambda model: model.name != default))


def _distinct(models: list[Model]) -> list[Model]:
    """Return the models with their names as titles where two have the same title."""
    titles = Counter(model.title for model in models)
    return [
        model._replace(title=model.name) if titles[model.title] > 1 else model for model in models
    ]


def _rows(listed: Map) -> list[Map]:
    """Return the models that answer in text."""
    return [row for row in records(listed.get("models")) if row.get("chats") is not False]


def _aliases(listed: Map) -> list[Map]:
    return records(listed.get("aliases"))


def _named(name: str, rows: dict[str, Map], aliases: dict[str, list[str]]) -> Model:
    if name in aliases:
        return _alias(name, aliases[name], rows)
    if name in rows:
        return _model(name, rows[name])
    known = [*aliases, *rows]
    raise UsageError(
        f"--models: there is no model {name}{suggest(name, known)}", "aircher-cli models list"
    )


def _model(name: str, row: Map) -> Model:
    window = number(row.get("window"))
    size = int(window or ASSUMED_WINDOW)
    output = int(number(row.get("max_output")) or min(ASSUMED_OUTPUT, size // 4))
    return Model(
        name,
        text(row.get("name")) or name.partition("/")[2],
        size,
        min(output, size),
        tools=row.get("tools") is not False,  # most can, and editors offer none otherwise
        images=bool(row.get("images")),
        thinks=bool(row.get("reasoning")),
        is_window_known=window is not None,
    )


def _alias(name: str, routes: Iterable[str], rows: dict[str, Map]) -> Model:
    """Return an alias: it promises what all of its models can do."""
    models = [_model(route, rows[route]) for route in routes if route in rows]
    if not models:
        return Model(name, name)
    known = [model for model in models if model.is_window_known]
    return Model(
        name,
        name,
        min(model.window for model in known or models),
        min(model.output for model in known or models),
        tools=all(model.tools for model in models),
        images=all(model.images for model in models),
        thinks=all(model.thinks for model in models),
        is_window_known=bool(known),
    )
