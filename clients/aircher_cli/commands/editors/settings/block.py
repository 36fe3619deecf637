"""What an editor gets, what it wants, and the entry of the table."""

from collections.abc import Callable
from typing import NamedTuple

from aircher_cli.commands.editors.models import Model

TOKEN_HERE = "PASTE-THE-TOKEN-HERE"  # noqa: S105 -- stands where a token belongs
PROVIDER = "aircher"
"""What an editor calls us where it wants a name for a provider."""


class Server(NamedTuple):
    """An agent as an editor starts it: its name here, what is shown, and the command line."""

    agent: str
    title: str
    words: tuple[str, ...]


class Place(NamedTuple):
    """Where aircher is for an editor, and what it may choose from.

    - `url`: scheme, host and port. `token`: its key, or what stands for one that is not shown.
    - `socket`: the path of the private socket for HTTP.
    - `models`: the default first; empty only where none is needed. Where `aircher-cli ask` is run,
      the one that it asks, if it is not the default.
    - `servers`: agents, if any were asked for.
    - `program`: the path of `aircher-cli`. `folder`: that of aircher's own plugin, if it is there.
    """

    url: str
    token: str
    socket: str
    models: tuple[Model, ...]
    servers: tuple[Server, ...] = ()
    program: str = "aircher-cli"
    folder: str | None = None

    @property
    def openai_url(self) -> str:
        """The base URL as the OpenAI clients want it."""
        return f"{self.url}/v1"

    @property
    def default(self) -> Model:
        """The model that is used unless another is chosen."""
        return self.models[0]


def through_socket(place: Place, client: str) -> list[str]:
    """Return arguments of curl: the private socket, and the name of the client in usage."""
    return ["--unix-socket", place.socket, "--user-agent", client]


class Block(NamedTuple):
    """Settings.

    - `file`: where they belong, for people. `language`: what they are written in.
    - `text`: the settings. `hints`: what is to be done beside pasting them.
    """

    file: str
    language: str
    text: str
    hints: tuple[str, ...] = ()


class Editor(NamedTuple):
    """An entry of the table.

    - `name`: by which it is asked for. `how`: how aircher reaches it, in a line.
    - `make`: returns its settings.
    - `needs`: `port` if it comes over TCP with a token, `socket` if it uses the private socket,
      `program` if it runs `aircher-cli`, `plugin` if it has one of aircher's own.
    - `make_agents`: returns the settings of agents, None if it starts none.
    - `has_windows`: its settings have the windows of models.
    """

    name: str
    how: str
    make: Callable[[Place], Block]
    needs: str
    make_agents: Callable[[Place], Block] | None = None
    has_windows: bool = True
