"""Real components that a test needs. Without them the test is skipped, or fails in CI."""

import os
from typing import NoReturn

import pytest


def missing(component: str, how: str) -> NoReturn:
    """Skip or fail the test: a component is missing; say how to get it."""
    message = f"needs {component}: {how}"
    if os.environ.get("CI"):
        pytest.fail(f"in CI everything must be there. This test {message}")
    pytest.skip(message)
