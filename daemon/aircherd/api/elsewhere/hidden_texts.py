"""Answers without what only this machine may know: a client elsewhere needs it for nothing.

That is its folders, the programs that print keys, the hosts of its network, and what is wrong in
its configuration. The words come from the configuration itself, so that a new setting that has a
path or an address is covered.
"""

import os
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import msgspec

from aircher_wire.address import AddressError, user_home
from aircherd.auth.command import hide_program
from aircherd.config.accounts import EngineAccount, engine_account
from aircherd.config.model import DEFAULT_CONFIG, Config
from aircherd.config.paths import Paths
from aircherd.errors import AircherError, ChatFailed, ConfigInvalid

PATH, ADDRESS = "<path>", "<address>"
"""What a path and a host are replaced by."""
INVALID = "the configuration is invalid, on the daemon's machine"

_SYSTEM = re.compile(
    r"(?<![\w.~>-])/(?:bin|boot|dev|etc|home|lib\w*|media|mnt|nix|opt|private|proc|root|run|sbin|srv"
    r"|tmp|usr|var|Applications|Library|Users|Volumes)/[^\s'\",;:)]+"
)
"""Other paths of this machine, which it has whatever the configuration says."""

_SOCKET = re.compile(r"unix://[^\s'\",;]*[^\s'\",;:.]")
"""The address of a fleet's engine on this machine, which may be in any folder."""

_PROXY = re.compile(r"(?<=\bthe proxy )(?!is )[\w.-]*[.:\d][\w.:-]*\b")
"""A proxy as messages name it: it may come from the daemon's environment."""

_OWN_NAMES = ("localhost", "127.0.0.1", "::1")

_PROBLEM = re.compile(r"(?<!\S)\S*config\.toml, line \d+.*", re.DOTALL)
"""A problem of the configuration: it quotes the file. Looked for once a word: texts may be long."""
_OF_FILE = ("file", "problems")
"""What the data of an error has of the configuration."""
_OF_REPLY = ("text", "message")
"""What the data of a chat that broke off has of the reply: a model's words stay as they are."""

E = TypeVar("E", bound=AircherError)
Handler = Callable[..., Awaitable[object]]


class Current(Protocol):
    """What knows the configuration: `ConfigStore`."""

    @property
    def current(self) -> Config:
        """The configuration in use."""


class HiddenTexts:
    """Replaces in texts what only this machine may know, such as the user's home by `~`."""

    def __init__(
        self, paths: Paths, config: Current, environ: Mapping[str, str] = os.environ
    ) -> None:
        self._store = config
        self._words: _Words | None = None
        found = {
            str(paths.home): "~/.aircher",
            str(paths.data): "<data>",
            str(paths.state): "<state>",
            str(paths.cache): "<cache>",
            str(paths.runtime): "<runtime>",
        }
        with suppress(AddressError):  # without a home, none can be in a text
            home = user_home(environ)
            found[home] = "~"
            if paths.home.is_relative_to(home):  # a hint names it as people write it
                found[f"~/{paths.home.relative_to(home)}"] = "~/.aircher"
        # The longest first: the others may be inside of the home.
        self._names = sorted(found.items(), key=lambda each: -len(each[0]))

    def text(self, text: str) -> str:
        """Return a text without them."""
        text = _PROBLEM.sub(INVALID, text)
        words = self._current_words()
        for program in words.programs:
            text = hide_program(text, program)
        text = words.hide(text)
        if "/" in text:
            for folder, name in self._names:
                if folder.strip("/"):
                    text = text.replace(folder, name)
            text = _SYSTEM.sub(PATH, _SOCKET.sub("unix://...", text))
        return _PROXY.sub(ADDRESS, text)

    def value(self, value: object) -> object:
        """Return a copy of a result, with all its texts changed."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self.value(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(each) for each in value]
        return value

    def error(self, error: E) -> E:
        """Return a copy of an error: the same one may go to other clients, too."""
        found = type(error).__new__(type(error))
        found.__dict__.update(error.__dict__)
        found.message = INVALID if isinstance(error, ConfigInvalid) else self.text(error.message)
        found.args = (found.message,)
        kept = {key: each for key, each in error.data.items() if key not in _OF_FILE}
        own = _OF_REPLY if isinstance(error, ChatFailed) else ()
        found.data = {k: each if k in own else self.value(each) for k, each in kept.items()}
        return found

    def in_errors_of(self, handler: Handler) -> Handler:
        """Return a handler whose errors have nothing of this machine."""

        async def hidden(*arguments: Any) -> object:
            try:
                return await handler(*arguments)
            except AircherError as error:
                raise self.error(error) from None

        return hidden

    def _current_words(self) -> "_Words":
        config = self._store.current
        if self._words is None or self._words.config is not config:
            self._words = _Words(config)
        return self._words

    def __repr__(self) -> str:
        return f"<HiddenTexts, {len(self._names)} folders>"


class _Words:
    """The programs, paths and hosts that a configuration names."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.programs = sorted(_programs(config), key=len, reverse=True)
        texts = {*_texts(config), *_texts(_engines(config))} - _DEFAULTS
        files = {text.partition("://")[2] or text for text in texts}  # that of a socket, too
        paths = {text for text in files if text.startswith(("/", "~/")) and len(text) > 2}
        hosts = {host for text in texts if "://" in text for host in _hosts(text)} - _DEFAULT_HOSTS
        self._paths = _any_of(paths, r"(?<![\w.~>/-])", r"(?![\w-])")
        # Some messages have a host as it was written, others in lower case.
        self._hosts = _any_of(hosts, r"(?i)(?<![\w.-])", r"(?![\w-]|\.\w)(?:\.?:\d+)?")

    def hide(self, text: str) -> str:
        """Return a text without the paths and hosts."""
        if self._paths is not None:
            text = self._paths.sub(PATH, text)
        if self._hosts is not None:
            text = self._hosts.sub(ADDRESS, text)
        return text


def _any_of(words: set[str], before: str, after: str) -> re.Pattern[str] | None:
    if not words:
        return None
    longest_first = sorted(map(re.escape, words), key=lambda each: (-len(each), each))
    return re.compile(f"{before}(?:{'|'.join(longest_first)}){after}")


def _programs(config: Config) -> set[str]:
    owners = (*config.providers.values(), *_engines(config))
    return {owner.key_command[0] for owner in owners if owner.key_command}


def _engines(config: Config) -> list[EngineAccount]:
    return [] if config.shared is None else [engine_account(config.shared)]


def _texts(value: object) -> Iterator[str]:
    """Yield all texts in a configuration, the names of its entries too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _texts(getattr(value, name))
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _texts(key)
            yield from _texts(each)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from _texts(each)


def _hosts(url: str) -> Iterator[str]:
    """Yield the host of a URL as messages name it; this machine's own name says nothing.

    A name without a dot could be any word, so it is known by its port.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return
    if not host or host in _OWN_NAMES:
        return
    if "." in host or ":" in host:
        yield host.rstrip(".")
    else:
        known = {"https": 443, "http": 80}.get(parts.scheme, 0)
        yield f"{host}:{port or known}"
        yield f"{parts.scheme}://{host}"


_DEFAULTS = frozenset(_texts(DEFAULT_CONFIG))
_DEFAULT_HOSTS = frozenset(host for text in _DEFAULTS if "://" in text for host in _hosts(text))
