"""The results of `token.*` and `http.open`."""

from typing import Annotated, Literal, NotRequired, TypedDict

from aircherd.api.schema.fields import FilePath, Message, Time, says


class TokenLimitRow(TypedDict):
    """The most that may be used within a window."""

    per: Literal["minute", "hour", "day", "month"]
    requests: NotRequired[int]
    tokens: NotRequired[int]
    usd: NotRequired[Annotated[str, says("USD as a decimal string")]]


class TokenRow(TypedDict):
    """A token without its value."""

    name: str
    created_at: Time
    used_at: NotRequired[Annotated[float, says("Unix time, exact to five minutes")]]
    expires_at: NotRequired[Time]
    expired: NotRequired[bool]
    models: NotRequired[Annotated[list[str], says("the names it may ask for")]]
    providers: NotRequired[Annotated[list[str], says("those that may answer")]]
    project: NotRequired[str]
    limits: NotRequired[list[TokenLimitRow]]


class _Where(TypedDict):
    socket: Annotated[str, says("path of the private socket for HTTP")]
    url: NotRequired[Annotated[str, says("base of all addresses, if a port is open")]]
    port_problem: NotRequired[Message]


class CreatedToken(TokenRow, _Where):
    """A new token; its value is returned this once."""

    token: str


class RunningToken(TypedDict):
    """A token of `http.open`."""

    name: str
    project: NotRequired[str]


class Tokens(_Where):
    """All tokens."""

    tokens: list[TokenRow]
    running: list[RunningToken]
    problem: NotRequired[Annotated[str, says("why none of them is let in")]]


class RevokedToken(TypedDict):
    """The token that ended."""

    name: str


class OpenedHttp(TypedDict):
    """A token and a port that are there while the connection is."""

    token: NotRequired[str]
    url: str
    port: int
    socket: FilePath
    variables: Annotated[list[str], says("environment variables that may have keys of providers")]
