"""File descriptors: a client that has many connections to providers leaves some for the others."""

import os
import resource
from collections.abc import Sequence

from aircherd.sharing.share import Share

KEPT_FREE = 8
"""One part in so many is never used for connections to providers: new clients need descriptors."""
GREED = 2
"""A client may have so many times as many connections as there are descriptors left."""


def may_connect(share: Share | None, owners: Sequence[Share | None], opening: int) -> bool:
    """Return whether a client may open one more connection to a provider.

    `owners` are the clients of those that are open or being opened; `opening` is the number of the
    latter. Descriptors are counted only if a quarter of them could be in use.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if len(owners) < limit // 4:
        return True
    free = limit - limit // KEPT_FREE - _open_descriptors(limit) - opening
    return owners.count(share) < GREED * max(free, 0)


def _open_descriptors(limit: int) -> int:
    try:
        return len(os.listdir("/dev/fd"))  # noqa: PTH208 -- the names are enough
    except OSError:  # none is left to look with
        return limit
