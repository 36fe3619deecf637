"""The target of a chat."""

from aircherd.config.model import Network
from aircherd.providers.call_target import CallTarget
from aircherd.vocabulary.models import Model
from helpers.providers.provider_calls import a_provider


def test_repr_names_provider_and_model() -> None:
    """As the origin of its replies."""
    assert repr(CallTarget(a_provider(), Model(id="m"), Network())) == "<CallTarget openai/m>"
