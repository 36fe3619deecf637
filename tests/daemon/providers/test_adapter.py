"""What adapters hand over shows nothing that is secret."""

from aircherd.providers.adapter import HttpCall
from helpers.providers.provider_calls import CANARY


def test_call_hides_its_headers() -> None:
    """Neither repr nor a pretty-printer shows a header's value or the body."""
    call = HttpCall("POST", "https://h/x", [("authorization", f"Bearer {CANARY}")], b"prompt")
    assert repr(call) == "<HttpCall POST https://h/x [authorization] 6 bytes>"
    assert [("call", repr(call))] == call.__rich_repr__()
