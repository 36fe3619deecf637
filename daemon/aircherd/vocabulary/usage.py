"""What an attempt uses: asked by whom, expected to cost what, and what became of it.

Money is whole nano-USD (1e-9 USD), times are Unix seconds. None is unknown, never zero.
"""

from typing import Literal

import msgspec

from aircherd.vocabulary.reply import Usage


class Estimate(msgspec.Struct, frozen=True):
    """What a call may use, before it is made."""

    input_tokens: int
    output_tokens: int


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt that is about to be sent; `key` is the key's label."""

    at: float
    provider: str
    model: str
    key: str | None
    client: str
    project: str | None
    input_estimate: int
    output_estimate: int
    cost_estimate_nano: int | None


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it: `outcome` is "ok" or an error code, `first_ms` the time to first output.

    Where nothing was served, as after a 429, `cost_nano` is 0: that is known. What nobody told of
    what was served is estimated, and the last two fields say so.
    """

    outcome: str
    ms: int
    first_ms: int | None
    usage: Usage | None
    cost_nano: int | None
    cost_source: Literal["provider", "catalog"] | None
    tokens_estimated: bool = False
    cost_estimated: bool = False
