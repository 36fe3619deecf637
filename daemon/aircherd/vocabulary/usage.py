"""An attempt as the ledger keeps it: what it may use before it is sent, and what it used.

Money is whole nano-USD (1e-9 USD), times are Unix seconds. None is unknown, never zero.
"""

from typing import Literal

import msgspec

from aircherd.vocabulary.reply import Usage

CostSource = Literal["provider", "catalog"]


class Settled(msgspec.Struct, frozen=True, gc=False):
    """How an attempt ended: `outcome` is "ok" or an error code, `first_ms` is to the first output.

    If nothing was served, as after a 429, `cost_nano` is 0: that is known. What the provider did
    not report of what it served is estimated, and the last two fields say so.
    """

    outcome: str
    ms: int
    first_ms: int | None
    usage: Usage | None
    cost_nano: int | None
    cost_source: CostSource | None
    tokens_estimated: bool = False
    cost_estimated: bool = False


class Started(msgspec.Struct, kw_only=True, eq=False):
    """An attempt that is about to be sent; `key` is the key's label.

    `at` is by the clock. The last three fields belong to the ledger: the attempt's number, how it
    ended, and whether it is in the queue to be written.
    """

    at: float
    provider: str
    model: str
    key: str | None
    client: str
    project: str | None
    input_estimate: int
    output_estimate: int
    cost_estimate_nano: int | None
    id: int = 0
    settled: Settled | None = None
    is_queued: bool = False
