"""An `AuthManager` with in-memory stores."""

import pytest

from helpers.auth import Rig


@pytest.fixture
def rig(tmp_path):
    return Rig(tmp_path)


@pytest.fixture
def auth(rig):
    return rig.auth
