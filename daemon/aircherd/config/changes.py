"""What differs between two configurations, field by field, without secrets.

Paths are those of the file: `providers.work.base_url`, `usage.keep_days`. A section that exists on
one side only is one change with a summary of the section. The values of headers and commands, and
everything that could contain a key, are replaced by `HIDDEN`.
"""

from collections.abc import Iterator

import msgspec

from aircherd.config.model import UNIX, Config, Limit, Provider
from aircherd.config.secret_detection import looks_like_key, safe_name
from aircherd.config.sections.auth import duration_text

HIDDEN = "(hidden)"
MAX_TEXT = 200
"""Characters of one value that are shown."""
MAX_SHOWN = 200
"""Changes that clients get; of the others only the number."""

Shown = str | int | float | bool | list[str] | None


class Change(msgspec.Struct, frozen=True):
    """One field or section. None stands for a field that is not set, or a missing section."""

    path: str
    before: Shown
    after: Shown

    def __str__(self) -> str:
        return f"{self.path}: {_text(self.before)} -> {_text(self.after)}"


class ReloadResult(msgspec.Struct, frozen=True):
    """What a reload changed.

    `changed` without `changes`: the first valid configuration equals the built-in one.
    """

    changed: bool
    changes: tuple[Change, ...] = ()

    def to_wire(self) -> dict[str, object]:
        """Return the map for clients: the first changes, and how many `more` there are."""
        row: dict[str, object] = {
            "changed": self.changed,
            "changes": [msgspec.to_builtins(change) for change in self.changes[:MAX_SHOWN]],
        }
        more = len(self.changes) - MAX_SHOWN
        return {**row, "more": more} if more > 0 else row


_PATHS = {name: f"usage.{name}" for name in ("keep_days", "on_failure", "time_zone")}
"""Fields of `Config` whose path in the file is another."""
_DERIVED = frozenset({"name", "keys_page", "default_model"})
"""Fields of a section that follow from other fields."""
_SECRET_FIELDS = frozenset({"headers", "key_command"})


def find_changes(before: Config, after: Config) -> tuple[Change, ...]:
    """Return all differences, in the order of the fields of `Config`."""
    return tuple(_changes_of_config(before, after))


def _changes_of_config(before: Config, after: Config) -> Iterator[Change]:
    for field in Config.__struct_fields__:
        if field == "refused":
            continue  # no setting: what is missing from the others, and why
        path = _PATHS.get(field, field)
        old, new = getattr(before, field), getattr(after, field)
        if field == "limits":
            old, new = _by_scope(old), _by_scope(new)
        yield from _compare(path, old, new, is_hidden=False)


def _compare(path: str, before: object, after: object, *, is_hidden: bool) -> Iterator[Change]:
    if before is after or before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*before, *after)):
            yield from _compare(
                f"{path}.{safe_name(name)}",
                before.get(name),
                after.get(name),
                is_hidden=is_hidden,
            )
    elif isinstance(before, msgspec.Struct) and type(before) is type(after):
        for field in before.__struct_fields__:
            if field not in _DERIVED:
                old, new = getattr(before, field), getattr(after, field)
                yield from _compare_field(path, field, old, new)
    else:
        yield Change(path, _show(before, is_hidden), _show(after, is_hidden))


def _compare_field(path: str, field: str, before: object, after: object) -> Iterator[Change]:
    (name, old), (_, new) = _as_in_file(field, before), _as_in_file(field, after)
    is_hidden = field in _SECRET_FIELDS
    yield from _compare(f"{path}.{name}", old, new, is_hidden=is_hidden)


def _as_in_file(field: str, value: object) -> tuple[str, object]:
    """Return the name and the value that the file has for a field of the model."""
    match field:
        case "needs_key":
            return "auth", _auth(value)
        case "base_url" if str(value).startswith(UNIX):
            return "path", _path(value)
        case "lifetime":
            return field, _duration(value)
        case "is_shared":
            return "scope", "shared" if value else None
        case "address":
            return "url", str(value)
        case _:
            return field, value


def _auth(needs_key: object) -> str | None:
    return None if needs_key else "none"


def _path(url: object) -> str:
    return str(url).removeprefix(UNIX)


def _duration(seconds: object) -> str | None:
    return duration_text(seconds) if isinstance(seconds, float) else None


def _by_scope(limits: tuple[Limit, ...]) -> dict[str, Limit]:
    """Return the limits by what they count, so that a change of one amount is one change."""
    found: dict[str, Limit] = {}
    for limit in limits:
        parts = [f"{name} {value}" for name, value in limit.scope._asdict().items() if value]
        name = ", ".join([limit.per, *parts])
        while name in found:
            name += " (again)"
        found[name] = limit
    return found


# ------------------------------------------------------------------ values


def _show(value: object, is_hidden: bool = False) -> Shown:
    if value is None or isinstance(value, bool | int | float):
        return value
    if is_hidden:
        return HIDDEN
    if isinstance(value, tuple | list):
        return [_show_text(str(item)) for item in value]
    if isinstance(value, Provider):
        return _show_text(f"{value.kind} at {value.base_url}")
    if isinstance(value, msgspec.Struct):
        return _show_text(_summary(value))
    return _show_text(str(value))


def _summary(section: msgspec.Struct) -> str:
    """Return the fields of a section that are set, in one line."""
    fields = [
        (*_as_in_file(field, getattr(section, field)), field in _SECRET_FIELDS)
        for field in section.__struct_fields__
        if field not in _DERIVED
    ]
    return ", ".join(
        f"{name} {_text(_show(value, is_hidden))}"
        for name, value, is_hidden in fields
        if value not in (None, (), {})
    )


def _show_text(text: str) -> str:
    if looks_like_key(text):
        return HIDDEN
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"


def _text(value: Shown) -> str:
    if value is None:
        return "not set"
    if isinstance(value, list):
        return ", ".join(value) or "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
