"""The daemon's state in one line, for the service manager."""

from types import SimpleNamespace

import pytest
import trio

from aircherd.api import service_status as module
from aircherd.api.service_status import service_status


def services(*, active=0, is_stopping=False):
    """Services with requests under way."""
    requested = trio.Event()
    if is_stopping:
        requested.set()
    return SimpleNamespace(
        chat=SimpleNamespace(statistics=lambda: {"active": active, "total": 9}),
        shutdown=SimpleNamespace(requested=requested),
    )


@pytest.mark.parametrize(
    ("state", "messages", "text"),
    [
        ({}, [], "Serving; 0 requests under way"),
        ({"active": 1}, [], "Serving; 1 request under way"),
        ({"active": 3}, [], "Serving; 3 requests under way"),
        ({"active": 2, "is_stopping": True}, ["a notice"], "Draining 2 requests"),
        ({"active": 1, "is_stopping": True}, [], "Draining 1 request"),
        ({"is_stopping": True}, [], "Stopping"),
        (
            {"active": 2},
            ["the configuration is invalid: line 7", "another"],
            "The configuration is invalid: line 7. Another. Serving; 2 requests under way",
        ),
    ],
)
def test_status_is_one_line(monkeypatch, state, messages, text):
    """Notices come first, because the line may be cut at its end."""
    notices = [{"code": "c", "message": message} for message in messages]
    monkeypatch.setattr(module, "current_notices", lambda _: notices)
    assert service_status(services(**state)) == text
