"""Real components that a test needs: skipped with the reason on a laptop, a failure in CI."""

import os
from typing import NoReturn

import pytest


def missing(component: str, how: str) -> NoReturn:
    """Say that a component is missing and how to get it."""
    message = f"needs {component}: {how}"
    if os.environ.get("CI"):
        pytest.fail(f"in CI everything must be there. This test {message}")
    pytest.skip(message)
