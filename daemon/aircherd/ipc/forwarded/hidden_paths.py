"""Answers without the folders of this machine: a client elsewhere needs them for nothing."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import TypeVar

from aircher_wire.address import AddressError, user_home
from aircherd.api.services import About
from aircherd.errors import AircherError

_SYSTEM = re.compile(
    r"(?<![\w.~>-])/(?:bin|boot|dev|etc|home|lib\w*|media|mnt|nix|opt|private|proc|root|run|sbin|srv"
    r"|tmp|usr|var|Applications|Library|Users|Volumes)/[^\s'\",;:)]+"
)
"""Other paths of this machine, such as that of a program that prints a key."""

E = TypeVar("E", bound=AircherError)

_SOCKET = re.compile(r"unix://[^\s'\",;]*[^\s'\",;:.]")
"""The address of a fleet's engine on this machine, which may be in any folder."""


class HiddenPaths:
    """Replaces the daemon's folders in texts by what they are, such as `~` for the user's home."""

    def __init__(self, about: About, environ: Mapping[str, str] = os.environ) -> None:
        paths = about.paths
        found = {
            str(paths.home): "~/.aircher",
            str(paths.data): "<data>",
            str(paths.state): "<state>",
            str(paths.cache): "<cache>",
            str(paths.runtime): "<runtime>",
        }
        with suppress(AddressError):  # without a home, none can be in a text
            found[user_home(environ)] = "~"
        # The longest first: the others may be inside of the home.
        self._names = sorted(found.items(), key=lambda each: -len(each[0]))

    def text(self, text: str) -> str:
        """Return a text without them."""
        if "/" not in text:
            return text
        for folder, name in self._names:
            if folder.strip("/"):
                text = text.replace(folder, name)
        return _SYSTEM.sub("<path>", _SOCKET.sub("unix://...", text))

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
        found.message = self.text(error.message)
        found.args = (found.message,)
        found.data = {key: self.value(each) for key, each in error.data.items()}
        return found

    def __repr__(self) -> str:
        return f"<HiddenPaths, {len(self._names)} folders>"
