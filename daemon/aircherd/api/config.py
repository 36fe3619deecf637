"""The configuration for clients: what is in effect, its schema, and changes of the file.

A change is validated, written atomically, and loaded at once.
"""

import functools
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar, cast

import msgspec
import structlog
import trio

from aircherd.api.file_proof import require_proof
from aircherd.api.limit_warnings import add_line_numbers, limit_warnings
from aircherd.api.params import EntryParams
from aircherd.api.services import Services
from aircherd.api.wire import to_wire
from aircherd.config.changes import ReloadResult, find_changes
from aircherd.config.edit.data import MISSING, find_value
from aircherd.config.edit.entries import Entry, change_entries
from aircherd.config.edit.file_change import change_file, write_error, write_text
from aircherd.config.edit.key_path import read_key_path
from aircherd.config.edit.typed_value import check_plain, read_typed
from aircherd.config.effective import Setting, settings
from aircherd.config.json_schema.document import find_schema, json_schema, similar_path
from aircherd.config.load import parse_config, read_text_of
from aircherd.config.model import Config
from aircherd.config.problems import WHOLE_FILE, Problem, path_text
from aircherd.config.toml.locate import KeyPath
from aircherd.config.toml.reader import read_toml
from aircherd.errors import AircherError, BadRequest, ConfigInvalid
from aircherd.files.file_worker import Check, DiskTimeout

WRITE_TIMEOUT = 5.0
"""Seconds for writing the file, because a disk can hang."""
VERIFY_TIMEOUT = 1.0
"""Seconds for reading the file after a failed write."""

CHANGING = "changing the configuration"
"""What needs a proof, for `require_proof`."""

CHANGE_SECONDS = 3.0
"""How long entries of one request may take to be set in the text, of `WRITE_TIMEOUT`."""

Map = dict[str, object]
T = TypeVar("T")

log = structlog.get_logger()


# ------------------------------------------------------------------ config.show, config.schema


async def show_config(services: Services, *, with_defaults: bool) -> Map:
    """Return the settings in effect, and where each comes from.

    While the file is invalid or has just been changed, its lines are not those of the values in
    effect, and are left out.
    """
    config, file = services.config.current, services.config.file
    text, exists = await _text_in_effect(services)
    # In a thread: finding the lines of a large file takes 80 ms.
    found = await trio.to_thread.run_sync(settings, config, text)
    found += [Setting(name, value, "environment") for name, value in services.variables().items()]
    found += _key_variables(services)
    rows = [each for each in found if with_defaults or each.source != "default"]
    return {"file": str(file), "exists": exists, "rows": [to_wire(row) for row in rows]}


async def _text_in_effect(services: Services) -> tuple[str | None, bool]:
    """Return the file's text if it is what is in effect, else None; and whether there is a file."""
    file, current = services.config.file, services.config.current

    def read(_: Check) -> tuple[str | None, bool]:
        try:
            text = read_text_of(file)
            is_in_effect = parse_config(text or "", file=str(file)) == current
        except ConfigInvalid:
            return None, file.exists()
        return (text or "") if is_in_effect else None, text is not None

    try:
        return await services.config.check_worker.do(read, VERIFY_TIMEOUT)
    except OSError:
        return None, True  # the disk hangs, so this is unknown


def _key_variables(services: Services) -> list[Setting]:
    """Return the variables that have a key, whether or not it is used."""
    described = [
        text for row in services.auth.rows() for text in (row.source, *row.shadowed) if text
    ]
    start = "environment variable "
    found: list[Setting] = []
    for text in dict.fromkeys(described):
        if text.startswith(start):
            name, _, file = text.removeprefix(start).partition(" from ")
            found.append(Setting(name, "set", "environment", file=file or None))
    return found


@functools.cache
def schema_text() -> str:
    """Return the JSON Schema of the configuration file, as JSON."""
    return json.dumps(json_schema(), indent=2) + "\n"


async def check_file_in_use(services: Services) -> Map:
    """Return what a reload would find wrong with the daemon's file; it is not applied.

    As if the file had changed by itself: one that is gone or empty now is a problem.
    """
    file = str(services.config.file)
    loaded = await services.config.load(may_vanish=False)
    facts: Map = {"file": file, "exists": loaded.exists}
    problem, config = loaded.checked.problem, loaded.checked.config
    if problem is not None:
        problems = problem.data["problems"]
        return {"ok": False, "message": problem.message, "problems": problems, **facts}
    assert config is not None
    found = limit_warnings(services, config.limits)
    warnings = shut_out_row(config)
    if found:
        text = await _text_of_file(services)
        found = await trio.to_thread.run_sync(add_line_numbers, found, text, file)
    unknown = msgspec.to_builtins(found)
    return {"ok": True, "problems": [], "unknown": unknown, **warnings, **facts}


def shut_out_row(config: Config) -> Map:
    """Return `{warnings}` if a configuration keeps the command line from something."""
    if not config.has_roles:
        return {}
    from aircherd.access.shut_out import shut_out_warnings  # noqa: PLC0415 -- rarely needed

    found = shut_out_warnings(config)
    return {"warnings": found} if found else {}


async def _text_of_file(services: Services) -> str:
    """Return the file's text, empty if it cannot be read (any more)."""
    file = services.config.file
    try:
        return await services.config.check_worker.do(
            lambda _: read_text_of(file) or "", VERIFY_TIMEOUT
        )
    except (OSError, ConfigInvalid):
        return ""


async def check_own_file(services: Services) -> None:
    """Check that the daemon can read its file, and that no other user could have written it.

    Raises:
        ConfigInvalid: it cannot, or one could.
    """
    file = services.config.file
    try:
        await services.config.check_worker.do(lambda _: read_text_of(file), VERIFY_TIMEOUT)
    except OSError:
        return  # the disk hangs, which a reload reports


# ------------------------------------------------------------------ config.write, config.set


async def write_config(services: Services, text: str, base: str | None, proof: str | None) -> Map:
    """Replace the configuration file, and load it.

    `base` is the fingerprint of the file that the text is based on; None replaces any file.

    Raises:
        ConfigInvalid: the text is invalid; nothing changed.
        BadRequest: the file is not the one that the text is based on, or there is no proof.
        AircherError: the file cannot be written in time. It stays unchanged, or the message says
            that it may still change.
    """
    await require_proof(services, proof, CHANGING)
    file = services.config.file
    write = partial(write_text, file, text, base)
    result = await change_and_reload(services, write, lambda: read_text_of(file) == text)
    return _with_warnings(services, result)


async def set_entries(
    services: Services, entries: Sequence[EntryParams], unset: Sequence[str], proof: str | None
) -> Map:
    """Set and remove entries of the configuration file, and load it.

    Raises:
        ConfigInvalid: the file is not TOML, or would be invalid; nothing changed.
        BadRequest: a path or a value is invalid, the file changed meanwhile, or there is no proof.
        AircherError: as for `write_config`.
    """
    if not entries and not unset:
        raise BadRequest("entries: there is nothing to set, and nothing to unset")
    for entry in entries:
        _check_entry(entry)
    await require_proof(services, proof, CHANGING)
    file = services.config.file
    touched: list[KeyPath] = []
    absent: list[KeyPath] = []

    def change(text: str) -> str:
        data = read_toml(text, file=str(file))
        paths = [read_key_path(path, data) for path in unset]
        found = [_read_entry(entry, data) for entry in entries]
        touched[:] = [entry.path for entry in found]
        absent[:] = [path for path in paths if find_value(data, path) is MISSING]
        end = time.monotonic() + CHANGE_SECONDS
        return change_entries(text, _until(end, found), _until(end, paths))

    def is_done() -> bool:
        text = read_text_of(file) or ""
        return change(text) == text

    try:
        result = await change_and_reload(services, partial(change_file, file, change), is_done)
        return {**_with_warnings(services, result), "absent": [_absent(path) for path in absent]}
    except ConfigInvalid as error:
        refused = _without_unwritten_lines(error, touched)
    # Outside the handler: the error references frames that hold the file's text.
    raise refused


def _absent(path: KeyPath) -> Map:
    """Return an entry that was to be removed and is not there, with the one probably meant."""
    similar = similar_path(path)
    meant = {"meant": path_text(similar)} if similar else {}
    return {"path": path_text(path), **meant}


def _until(end: float, changes: Iterable[T]) -> Iterator[T]:
    """Yield changes until a time, because a thread cannot be interrupted.

    Raises:
        BadRequest: the time is over.
    """
    for change in changes:
        if time.monotonic() > end:
            raise BadRequest("entries: too many for a file of this size: set fewer at once")
        yield change


def _with_warnings(services: Services, result: Map) -> Map:
    """Add the unknown models and keys that limits name, and what is not as the user wants it.

    `not_in_force` says why the keys in the file are not encrypted as a change of `[auth]` says.
    """
    config = services.config.current
    found = limit_warnings(services, config.limits)
    answer = {**result, "unknown": msgspec.to_builtins(found), **shut_out_row(config)}
    problem = services.auth.file_protection.problem
    paths = [str(each.get("path")) for each in cast("list[Map]", result.get("changes") or [])]
    if problem and any(path.partition(".")[0] == "auth" for path in paths):
        answer["not_in_force"] = problem
    return answer


def _without_unwritten_lines(error: ConfigInvalid, touched: Sequence[KeyPath]) -> ConfigInvalid:
    """Remove the file and the line from problems of entries that were not written."""
    names = [path_text(path) for path in touched]
    problems = [
        {**problem, "file": "", "line": WHOLE_FILE}
        if any(_is_about(problem["path"], name) for name in names)
        else problem
        for problem in cast("list[dict[str, Any]]", error.data["problems"])
    ]
    first = msgspec.convert(problems[0], Problem)
    count = len(problems) - 1
    more = f"; and {count} more problem{'s' if count > 1 else ''}" if count else ""
    return ConfigInvalid(f"{first}{more}", **{**error.data, "problems": problems})


def _is_about(path: str, entry: str) -> bool:
    """Return whether a problem at `path` is one of an entry, or of the section around it."""
    longer, shorter = max(path, entry, key=len), min(path, entry, key=len)
    return bool(path) and (longer == shorter or longer.startswith((f"{shorter}.", f"{shorter}[")))


def _check_entry(entry: EntryParams) -> None:
    if (entry.text is None) == (entry.value is msgspec.UNSET):
        raise BadRequest("entries: each needs either a value or a text")
    check_plain(entry.path, entry.value if entry.text is None else entry.text)


def _read_entry(entry: EntryParams, data: dict[str, object]) -> Entry:
    path = read_key_path(entry.path, data)
    if entry.text is None:
        return Entry(path, entry.value)
    value = read_typed(entry.text, find_schema(path))
    return Entry(path, check_plain(entry.path, value))


async def change_and_reload(
    services: Services, write: Callable[[Check], bool], is_done: Callable[[], bool]
) -> Map:
    """Call `write` in a thread, reload, and return the file and what changed.

    `write` returns whether the file changed; `is_done` tells after an error whether it has the
    change nevertheless.

    Raises:
        AircherError: the file cannot be written in time, or one of the errors of `write`.
    """
    before = services.config.baseline
    try:
        changed = await services.config.write_worker.do(write, WRITE_TIMEOUT)
    except OSError as error:
        # The disk may have failed or hung after the file was replaced.
        if not await _is_written(services, is_done):
            raise AircherError(_message(services, error)) from None
        log.warning(
            "config_change_may_not_last", file=str(services.config.file), reason=error.strerror
        )
        changed = True
    await services.reload()
    # The watcher may have been faster than this reload, so its own result may be empty.
    result = ReloadResult(changed, find_changes(before, services.config.current))
    return {**result.to_wire(), "file": str(services.config.file)}


async def _is_written(services: Services, is_done: Callable[[], bool]) -> bool:
    try:
        return await services.config.check_worker.do(lambda _: is_done(), VERIFY_TIMEOUT)
    except (OSError, ConfigInvalid, BadRequest):
        return False


def _message(services: Services, error: OSError) -> str:
    late = isinstance(error, DiskTimeout) and error.may_change
    hint = ": check it, then reload the configuration" if late else ""
    return f"{write_error(services.config.file, error)}{hint}"
