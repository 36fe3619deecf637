"""Completes commands for the shell: argcomplete walks one parser that has all commands.

The shell runs the program with `_ARGCOMPLETE` set; only then is this module imported. The names of
providers, models and tasks come from a running daemon; pressing TAB does not start one.
"""

import argparse
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from importlib import import_module

import argcomplete

from aircher_cli.commands.auth.logout import stored_keys
from aircher_cli.parser import PROGRAM, Parser
from aircher_cli.registry import COMMANDS, GROUPS, commands_of
from aircher_cli.values import as_map, records, text, texts
from aircher_client.client import Client
from aircher_client.errors import ClientError, DaemonError, NoAnswer
from aircher_wire import methods
from aircher_wire.address import AddressError, find_socket

ALIVE_SECONDS = 0.3
"""Seconds to wait after a TAB for a sign of life; a daemon that is stopped gives none."""

TIMEOUT_SECONDS = 1.0
"""Seconds to wait for the answer of a daemon that is alive."""

_silent: set[str] = set()
"""Sockets whose daemon gave none: it is not waited for a second time after the same TAB."""

Completer = Callable[..., list[str]]

SHELL_SAFE = re.compile(r"\w[\w./:@+,-]*")
"""Names that no shell interprets. Servers choose the names of models, so they are checked."""


def complete() -> None:
    """Print the completions of what was typed, in the shell's format; does not return."""
    argcomplete.autocomplete(full_parser(), always_complete_options="long")


def full_parser() -> Parser:
    """Return one parser with every command as a subparser."""
    parser = Parser(prog=PROGRAM)
    first = parser.add_subparsers()
    for group in GROUPS:
        second = first.add_parser(group, help=GROUPS[group]).add_subparsers()
        for command in commands_of(group):
            _add(second, command.split()[1], command)
    for command in COMMANDS:
        if " " not in command:
            _add(first, command, command)
    return parser


def _add(below: "argparse._SubParsersAction[Parser]", word: str, command: str) -> None:
    name, summary = COMMANDS[command]
    parents = [import_module(f"aircher_cli.commands.{name}").build_parser()]
    own = below.add_parser(word, parents=parents, add_help=False, help=summary)
    for action in own._actions:  # noqa: SLF001 - argparse has no public access to them
        is_account = action.dest == "provider" and command.startswith("auth ")
        if completer := account_names if is_account else COMPLETERS.get(action.dest):
            action.completer = completer  # type: ignore[attr-defined] # argcomplete's own hook


def _call(
    method: str, params: dict[str, object] | None = None, timeout: float = TIMEOUT_SECONDS
) -> dict[str, object]:
    """Return the daemon's answer; empty if it does not run or fails."""
    socket = ""
    try:
        socket = find_socket(os.environ)
        if socket in _silent:
            return {}
        with Client.connect(os.environ, autostart=False, timeout=ALIVE_SECONDS) as client:
            with suppress(DaemonError):
                client.call(methods.PING, timeout=ALIVE_SECONDS)
            result = client.call(method, params or {}, timeout=timeout)
    except NoAnswer:
        _silent.add(socket)
        return {}
    except (ClientError, AddressError, OSError):
        return {}
    return result if isinstance(result, dict) else {}


def _rows(method: str, field: str, timeout: float = TIMEOUT_SECONDS) -> Iterator[dict[str, object]]:
    """Yield the rows of a list from the daemon; none if it does not run or fails."""
    rows = _call(method, timeout=timeout).get(field)
    yield from rows if isinstance(rows, list) else ()


def provider_names(**_: object) -> list[str]:
    """Return the providers that are configured."""
    return _plain(str(row["provider"]) for row in _rows(methods.STATUS, "providers"))


def account_names(**_: object) -> list[str]:
    """Return all that one can sign in to: providers, and the engine of a fleet."""
    status = _call(methods.STATUS)
    names = [text(row.get("provider")) for row in records(status.get("providers"))]
    return _plain([*names, *(["shared"] if status.get("shared") else [])])


def silent_machines(**_: object) -> list[str]:
    """Return the machines of the fleet that may be forgotten, by id where names are not enough."""
    rows = list(_rows(methods.FLEET_REPORT, "machines"))
    labels = [text(row.get("label")) for row in rows]
    return _plain(
        label if labels.count(label) == 1 else text(row.get("machine"))
        for label, row in zip(labels, rows, strict=True)
        if not row.get("live")
    )


def model_names(**_: object) -> list[str]:
    """Return the available models as provider/model."""
    rows = _rows(methods.MODELS_LIST, "models")
    return _plain(f"{row['provider']}/{row['model']}" for row in rows)


def conversation_names(**_: object) -> list[str]:
    """Return the kept conversations; the daemon is not asked."""
    from aircher_client.conversations import ConversationError, ConversationStore  # noqa: PLC0415 -- only for a TAB

    try:
        entries = ConversationStore.of(os.environ).entries()
    except ConversationError:
        return []
    return _plain(entry.name for entry in entries)


def named_models(prefix: str = "", **_others: object) -> list[str]:
    """Return what `-m` takes: models, and after `provider@` those with each of its keys."""
    head, slash, _ = prefix.partition("/")
    provider, at, _ = head.partition("@")
    if not at:
        return model_names()
    if not slash:
        labels = label_names(argparse.Namespace(provider=provider))
        return [f"{provider}@{label}/" for label in labels]
    answer = _call(methods.MODELS_LIST, {"provider": provider})
    return _plain(f"{head}/{text(row.get('model'))}" for row in records(answer.get("models")))


def task_names(**_: object) -> list[str]:
    """Return the presets in the configuration."""
    return _plain(str(row["name"]) for row in _rows(methods.STATUS, "tasks"))


def tool_names(parsed_args: argparse.Namespace, **_others: object) -> list[str]:
    """Return the programs that `run` knows; what follows one is its own."""
    from aircher_cli.commands.run.tools.table import TOOLS  # noqa: PLC0415 -- only for `run`

    return [] if getattr(parsed_args, "tool", None) else [tool.name for tool in TOOLS]


def editor_names(parsed_args: argparse.Namespace, **_others: object) -> list[str]:
    """Return the editors that `editors` knows."""
    from aircher_cli.commands.editors.settings.table import EDITORS  # noqa: PLC0415 -- only for it

    return [] if getattr(parsed_args, "editor", None) else list(EDITORS)


def agent_names(**_: object) -> list[str]:
    """Return the agents that an editor can start."""
    from aircher_cli.commands.editors.agents import AGENTS  # noqa: PLC0415 -- likewise

    return list(AGENTS)


def token_names(**_: object) -> list[str]:
    """Return the names of the tokens."""
    return _plain(text(row.get("name")) for row in _rows(methods.TOKEN_LIST, "tokens"))


def label_names(parsed_args: argparse.Namespace, **_others: object) -> list[str]:
    """Return the labels of the stored keys, of the provider that was typed or of all.

    From a snapshot, which does not wait for the keyring.
    """
    params: dict[str, object] = {"topics": ["auth"]}
    snapshot = as_map(_call(methods.EVENTS_SUBSCRIBE, params).get("snapshot"))
    typed = getattr(parsed_args, "provider", None)
    provider = typed if isinstance(typed, str) else ""
    rows = [row for row in records(snapshot.get("auth")) if provider in {"", row.get("provider")}]
    return _plain(dict.fromkeys(text(row.get("key")) for row in stored_keys(rows)))


def setting_names(**_: object) -> list[str]:
    """Return the settings of the configuration: those that have a value, and those that could."""
    rows = records(_call(methods.CONFIG_SHOW, {"all": True}).get("rows"))
    paths = [text(row.get("path")) for row in rows if row.get("source") != "environment"]
    known = [path.replace('"', "").replace("'", "") for path in paths]
    return _plain(dict.fromkeys([*known, *_possible_names(_schema_sections(), known)]))


def own_setting_names(**_: object) -> list[str]:
    """Return what can be removed from the configuration file: entries, and sections with names."""
    rows = records(_call(methods.CONFIG_SHOW).get("rows"))
    paths = [text(row.get("path")) for row in rows if row.get("source") == "file"]
    sections = [path.rpartition(".")[0] for path in paths if path.count(".") >= 2]
    names = [path.replace('"', "").replace("'", "") for path in (*paths, *sections)]
    return _plain(dict.fromkeys(names))


def _possible_names(sections: dict[str, object], known: list[str]) -> Iterator[str]:
    """Yield the settings that the schema allows, in sections that exist."""
    for section, schema in sections.items():
        each = as_map(as_map(schema).get("additionalProperties"))
        if each:  # sections with names of the user's
            entries = as_map(each.get("properties"))
            found = {_section_of(path, entries) for path in known if path.startswith(f"{section}.")}
            yield from (f"{name}.{entry}" for name in sorted(found) for entry in entries)
        elif entries := as_map(as_map(schema).get("properties")):
            yield from (f"{section}.{entry}" for entry in entries)
        elif "items" not in as_map(schema):
            yield section


def _section_of(path: str, entries: dict[str, object]) -> str:
    """Return the path of the section around a setting; its name may contain dots."""
    parts = path.split(".")
    at = next((at for at, part in enumerate(parts) if at > 1 and part in entries), len(parts) - 1)
    return ".".join(parts[:at])


def _schema_sections() -> dict[str, object]:
    """Return the schema of each entry at the top of the configuration."""
    import json  # noqa: PLC0415 -- only for settings

    try:
        schema = json.loads(text(_call(methods.CONFIG_SCHEMA).get("schema")))
    except ValueError:
        return {}
    return as_map(as_map(schema).get("properties"))


def method_names(**_: object) -> list[str]:
    """Return the methods of the daemon."""
    import json  # noqa: PLC0415 -- only for methods

    try:
        document = json.loads(text(_call(methods.PROTOCOL_SCHEMA).get("schema")))
    except ValueError:
        return []
    return _plain(as_map(as_map(document).get("methods")))


def setting_values(setting: str) -> list[str]:
    """Return the possible values of a setting, if there are few."""
    if setting == "default_model":
        aliases = _rows(methods.MODELS_LIST, "aliases")
        return [*_plain(text(row.get("name")) for row in aliases), *model_names()]
    section, _, rest = setting.partition(".")
    schema = as_map(_schema_sections().get(section))
    schema = as_map(schema.get("additionalProperties")) or schema
    entry = as_map(as_map(schema.get("properties")).get(rest.rpartition(".")[2]))
    if entry.get("type") == "boolean":
        return ["true", "false"]
    return _plain(texts(entry.get("enum")))


def setting_pairs(parsed_args: argparse.Namespace, **_: object) -> list[str]:
    """Return the settings, or the values of the setting that was typed before."""
    typed = texts(getattr(parsed_args, "pairs", None))
    return setting_values(typed[-1]) if len(typed) % 2 else setting_names()


def _plain(names: Iterable[str]) -> list[str]:
    return [name for name in names if SHELL_SAFE.fullmatch(name)]


COMPLETERS: dict[str, Completer] = {
    "provider": provider_names,
    "model": named_models,
    "task": task_names,
    "conversation": conversation_names,
    "chat": conversation_names,
    "chats": conversation_names,
    "label": label_names,
    "machine": silent_machines,
    "tool": tool_names,
    "wished": tool_names,
    "token": token_names,
    "editor": editor_names,
    "agents": agent_names,
    "fallback": provider_names,
    "key": setting_names,
    "keys": own_setting_names,
    "unset": own_setting_names,
    "pairs": setting_pairs,
    "method": method_names,
}
"""Name of an option or argument -> its completer; the names are the same in every command."""
