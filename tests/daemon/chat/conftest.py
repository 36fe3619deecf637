"""What the tests of chats share."""

import pytest

from aircherd.routing import plan as plan_module


@pytest.fixture
def plans(monkeypatch):
    """Record the queries that were planned."""
    queries = []
    original = plan_module.make_plan

    def make_plan(query, *args):
        queries.append(query)
        return original(query, *args)

    monkeypatch.setattr("aircherd.chat.fallback.make_plan", make_plan)
    return queries
