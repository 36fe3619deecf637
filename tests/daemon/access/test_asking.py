"""A daemon that cannot ask refuses, and says what to do."""

import pytest

from aircherd.access.asking import CANNOT_ASK
from aircherd.errors import Forbidden


@pytest.mark.parametrize(("pid", "who"), [(7, "'vi' (/bin/vi, process 7) may"), (None, "'vi' may")])
async def test_nothing_is_allowed(pid: int | None, who: str) -> None:
    """The message has the client, its program and the action."""
    with pytest.raises(Forbidden, match="cannot ask you: change") as caught:
        await CANNOT_ASK.ask(client="vi", program="/bin/vi", pid=pid, action="store a key")
    assert caught.value.message.startswith(f"{who} store a key only if you confirm it")
