"""The form of an entry of the table, and what an entry is given."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

TOKEN_VARIABLE = "AIRCHER_TOKEN"  # noqa: S105 -- the name of a variable
"""Has the token for a tool whose configuration can name a variable."""


NOTHING: Mapping[str, str] = MappingProxyType({})


class Door(NamedTuple):
    """Where aircher is for a tool.

    - `url`: scheme, host and port. `token`: its key.
    - `model`: the name of the model to use, empty if there is none.
    - `is_wished`: the user named it for this run.
    - `provider`: what answers first, if that is known.
    - `folder`: the path of the folder that `Setup.files` are in.
    """

    url: str
    token: str
    model: str = ""
    is_wished: bool = False
    provider: str = ""
    folder: str = ""

    @property
    def openai_url(self) -> str:
        """The base URL as the OpenAI clients want it."""
        return f"{self.url}/v1"

    @property
    def prefers_anthropic(self) -> bool:
        """Whether a tool that speaks several APIs should speak Anthropic's, as nothing is lost."""
        return self.provider == "anthropic"


class Setup(NamedTuple):
    """What leads a tool to aircher.

    - `variables`: set in its environment. `models`: likewise, but where the user has set one and
      named no model for this run, the user's stays.
    - `arguments`: stand before its own.
    - `files`: name -> content, in `Door.folder`.
    """

    variables: Mapping[str, str]
    models: Mapping[str, str] = NOTHING
    arguments: tuple[str, ...] = ()
    files: Mapping[str, str] = NOTHING


class Tool(NamedTuple):
    """An entry of the table.

    - `name`: by which it is known, in `usage` too. `programs`: names of its program and packages.
    - `speaks`: the API that it speaks, for people.
    - `set_up`: what leads it to aircher. It may look at the environment, which it must not change.
    - `hides`: variables that would lead it elsewhere.
    - `own_options`: options of it that would, too: they are refused.
    - `note`: what has to be known beside that, for `--list`.
    """

    name: str
    programs: tuple[str, ...]
    speaks: str
    set_up: Callable[[Door, Mapping[str, str]], Setup]
    hides: tuple[str, ...] = ()
    own_options: tuple[str, ...] = ()
    note: str = ""


def named(model: str, *names: str, prefix: str = "") -> dict[str, str]:
    """Return these variables with the model's name, none if there is no model."""
    return dict.fromkeys(names, f"{prefix}{model}") if model else {}
