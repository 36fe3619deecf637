"""The catalogue looks models up."""

from aircherd.catalog.catalog import Catalog
from aircherd.config.model import DEFAULT_CONFIG


def test_a_model_nobody_knows_is_passed_on_by_its_name():
    """A new model works on the day it comes out."""
    assert Catalog().find(DEFAULT_CONFIG.providers["openai"], "brand-new").id == "brand-new"
