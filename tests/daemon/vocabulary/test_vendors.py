"""The vendor table holds together."""

from aircherd.vocabulary.vendors import KINDS, VENDORS


def test_every_vendor_is_of_a_kind_that_is_spoken():
    """A row whose kind nobody speaks could never be called."""
    assert {vendor.kind for vendor in VENDORS.values()} <= set(KINDS)


def test_no_variable_is_named_by_two_vendors():
    """One variable for two vendors would send a key to the wrong one."""
    names = [name for vendor in VENDORS.values() for name in vendor.env]
    assert len(names) == len(set(names))


def test_only_local_vendors_go_without_a_key():
    """A vendor without a key is one on this machine."""
    keyless = [vendor for vendor in VENDORS.values() if not vendor.needs_key]
    assert all(vendor.base_url.startswith("http://127.0.0.1:") for vendor in keyless)
