"""The estimated and the actual usage of an attempt, as the ledger records it.

Money is in whole nano-USD (1e-9 USD), times are Unix seconds. None means unknown, never zero.
"""

from typing import Literal

import msgspec

from aircherd.vocabulary.reply import Usage


class Estimate(msgspec.Struct, frozen=True):
    """The estimated token counts of a call before it is made."""

    input_tokens: int
    output_tokens: int


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt about to be sent; `key` is the key's label."""

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
    """The result of an attempt.

    `outcome` is "ok" or an error code, `first_ms` the time to the first output. If the provider
    served nothing, as after a 429, `cost_nano` is 0. Usage and cost that the provider did not
    report are estimated; the last two fields say so.
    """

    outcome: str
    ms: int
    first_ms: int | None
    usage: Usage | None
    cost_nano: int | None
    cost_source: Literal["provider", "catalog"] | None
    tokens_estimated: bool = False
    cost_estimated: bool = False
