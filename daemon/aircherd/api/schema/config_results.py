"""The results of `config.*`."""

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from aircherd.api.schema.fields import FilePath, Message, says
from aircherd.api.schema.state_results import Problem
from aircherd.api.schema.usage_results import UnknownName


class Checked(TypedDict):
    """What is wrong with a text."""

    ok: bool
    message: NotRequired[Message]
    problems: list[Problem]
    unknown: NotRequired[list[UnknownName]]
    warnings: NotRequired[Annotated[list[str], says("what clients would be kept from")]]
    file: NotRequired[FilePath]
    exists: NotRequired[bool]


Value = str | int | float | bool | list[str] | None


class Change(TypedDict):
    """What differs in effect. nil is what is not set, `(hidden)` what may be secret."""

    path: Annotated[str, says("of the entry")]
    before: Annotated[Value, says("the value until now")]
    after: Annotated[Value, says("the value from now on")]


class Reloaded(TypedDict):
    """What changed."""

    changed: bool
    changes: list[Change]
    more: NotRequired[Annotated[int, says("how many changes are not listed")]]
    file: FilePath
    unknown: list[UnknownName]


class Written(Reloaded):
    """What changed by writing the file."""

    warnings: NotRequired[list[str]]
    not_in_force: NotRequired[Message]


class Absent(TypedDict):
    """An entry that was to be removed and is not there."""

    path: str
    meant: NotRequired[Annotated[str, says("the entry that was probably meant")]]


class EntriesSet(Written):
    """What changed by setting and removing entries."""

    absent: list[Absent]


class Setting(TypedDict):
    """A setting in effect."""

    path: Annotated[str, says("its entry, or the name of a variable")]
    value: Any
    source: Literal["default", "file", "environment"]
    line: NotRequired[int]
    file: NotRequired[str]


class Shown(TypedDict):
    """The settings in effect."""

    file: FilePath
    exists: bool
    rows: list[Setting]
