"""The vendor table is consistent."""

from aircherd.vocabulary.builtin_providers import KINDS, VENDORS


def test_every_vendor_has_a_supported_kind():
    """A row with another kind could not be used."""
    assert {vendor.kind for vendor in VENDORS.values()} <= set(KINDS)


def test_no_environment_variable_belongs_to_two_vendors():
    """Its key would be sent to the wrong vendor."""
    names = [name for vendor in VENDORS.values() for name in vendor.env]
    assert len(names) == len(set(names))


def test_only_local_vendors_need_no_key():
    """A vendor without a key is on this machine."""
    keyless = [vendor for vendor in VENDORS.values() if not vendor.needs_key]
    assert all(vendor.base_url.startswith("http://127.0.0.1:") for vendor in keyless)
