"""The target of a chat."""

from aircherd.config.model import Network
from aircherd.providers.call_target import CallTarget
from aircherd.providers.corrections import MAX_EDITS, Edit
from aircherd.providers.registry import ADAPTERS, RESPONSES
from aircherd.vocabulary.models import Model
from helpers.providers.provider_calls import a_provider


def test_repr_names_provider_and_model() -> None:
    """As the origin of its replies."""
    assert repr(CallTarget(a_provider(), Model(id="m"), Network())) == "<CallTarget openai/m>"


def test_a_target_remembers_a_bounded_number_of_edits() -> None:
    """Each once, the latest last."""
    target = CallTarget(a_provider(), Model(id="m"), Network())
    many = tuple(Edit((str(number),), "drop") for number in range(MAX_EDITS + 2))
    target.remember_edits(ADAPTERS[RESPONSES], many[:1])
    target.remember_edits(ADAPTERS[RESPONSES], many[:1])
    assert target.edits == {ADAPTERS[RESPONSES]: many[:1]}
    target.remember_edits(ADAPTERS[RESPONSES], many)
    assert target.edits == {ADAPTERS[RESPONSES]: many[2:]}
