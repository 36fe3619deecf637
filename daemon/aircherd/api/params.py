"""The parameters of every method, as clients send them: checked before a handler sees them."""

from typing import Annotated

import msgspec

from aircher_wire import methods
from aircherd.vocabulary.chat import ChatRequest, Message
from aircherd.vocabulary.keys import DEFAULT_LABEL


class StrictParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Parameters: an unknown one is an error, so that a misspelt one is not ignored."""


Name = Annotated[str, msgspec.Meta(max_length=200)]
"""Names are repeated in errors, events and logs: they have an end."""


class NoParams(StrictParams, frozen=True):
    """No parameters."""


class ClientInfo(msgspec.Struct, frozen=True):
    """What a client says of itself; a newer client may say more, and still be greeted."""

    name: Name
    version: Name | None = None


class HelloParams(msgspec.Struct, frozen=True):
    """`protocol` is the highest version that the client speaks."""

    protocol: int = methods.PROTOCOL
    client: ClientInfo | None = None
    project: Annotated[str, msgspec.Meta(max_length=4096)] | None = None


class ExplainParams(ChatRequest, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A chat request; it may do without messages."""

    messages: list[Message] = msgspec.field(default_factory=list)


class LoginParams(StrictParams, frozen=True):
    """`key` is stored under `label`, after a live check unless `verify` is False."""

    provider: Name
    key: str
    label: Name = DEFAULT_LABEL
    verify: bool = True


class LogoutParams(StrictParams, frozen=True):
    """Without `label` every stored key of the provider goes."""

    provider: Name
    label: Name | None = None


class TestParams(StrictParams, frozen=True):
    """Without `provider` every key is tested."""

    provider: Name | None = None


class ImportParams(StrictParams, frozen=True):
    """The caller's environment variables, name to value."""

    variables: dict[str, str]
    verify: bool = True


class ListParams(StrictParams, frozen=True):
    """Words of `query` are parts of names; `all` includes providers nobody is signed in to.

    `model`: only this `provider/model`, be it on a list or not; alone, without the others.
    """

    provider: Name | None = None
    query: Name = ""
    all: bool = False
    model: Annotated[str, msgspec.Meta(min_length=1, max_length=500)] | None = None


class UseParams(StrictParams, frozen=True):
    """A model by any of its names."""

    model: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class RefreshParams(StrictParams, frozen=True):
    """Without `provider` every list, and models.dev."""

    provider: Name | None = None


class ClearParams(StrictParams, frozen=True):
    """Without `provider` everything that cools."""

    provider: Name | None = None


class ReportParams(StrictParams, frozen=True):
    """`since` and `until` are Unix times, `by` what to group by."""

    since: float | None = None
    until: float | None = None
    by: list[Name] = msgspec.field(default_factory=list)


class SubscribeParams(StrictParams, frozen=True):
    """Topics of `aircherd.events`."""

    topics: list[Name]


class UnsubscribeParams(StrictParams, frozen=True):
    """Without `topics` all of them."""

    topics: list[Name] | None = None


class CheckParams(StrictParams, frozen=True):
    """A configuration's text; `file` is what problems call it."""

    text: str
    file: Annotated[str, msgspec.Meta(max_length=4096)] = "config.toml"
