"""The routes of a chain whose providers have a key."""

import pytest

from aircherd.config.model import Route
from aircherd.routing.signed_in_routes import SignedInRoutes

ROUTES = [Route("openai", model) for model in "abc"]


@pytest.mark.parametrize("has_key", ["", "b", "ac", "abc"])
def test_routes_are_the_same_by_index_iteration_and_slice(has_key: str) -> None:
    """All routes are returned if no provider has a key."""
    expected = [route for route in ROUTES if route.model in has_key] or ROUTES

    def found() -> SignedInRoutes:
        return SignedInRoutes(ROUTES, lambda route: route.model in has_key)

    assert list(found()) == expected
    assert [found()[index] for index in range(len(expected))] == expected
    assert (found()[-1], found()[:2], len(found())) == (expected[-1], expected[:2], len(expected))
    assert all((route in found()) == (route in expected) for route in ROUTES)
    assert bool(found())
    with pytest.raises(IndexError):
        found()[len(expected)]
