"""Which vendor a provider belongs to."""

import msgspec
import pytest

from aircherd.catalog.priced_vendors import CATALOG_VENDORS, catalog_vendor_of
from aircherd.config.model import DEFAULT_CONFIG, Provider, origin_of


@pytest.mark.parametrize("name", ["anthropic", "openai", "gemini", "openrouter"])
def test_the_built_in_providers_belong_to_the_vendor_of_the_same_name(name):
    """Their base URLs have their vendors' origins."""
    found = catalog_vendor_of(DEFAULT_CONFIG.providers[name])
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    ("kind", "base_url", "vendor"),
    [
        ("openai", "https://api.groq.com/openai/v1", "groq"),
        ("anthropic", "https://api.deepseek.com/anthropic", "deepseek"),
        ("openai", "https://API.OPENAI.com:443/v1", "openai"),
        ("openai", "http://api.openai.com/v1", None),
        ("openai", "https://api.openai.com.example/v1", None),
        ("openai", "http://127.0.0.1:8000/v1", None),
    ],
)
def test_a_configured_provider_belongs_to_the_vendor_of_its_origin(kind, base_url, vendor):
    """Its name and kind do not count: a proxy may charge other prices."""
    found = catalog_vendor_of(Provider(name="openai", kind=kind, base_url=base_url))
    assert (found and found.name) == vendor


def test_a_built_in_provider_at_another_origin_belongs_to_no_vendor():
    """Nothing is known of its models."""
    openai = DEFAULT_CONFIG.providers["openai"]
    moved = msgspec.structs.replace(openai, base_url="https://proxy.example/v1")
    assert catalog_vendor_of(moved) is None


def test_every_origin_in_the_table_is_normalised():
    """It has its port; any other spelling would never match."""
    for vendor in CATALOG_VENDORS.values():
        assert [origin_of(origin) for origin in vendor.origins] == list(vendor.origins)
