"""The built-in providers, as the client knows them."""

from aircher_cli.commands.migrate.plan.vendors import RENAMED, VENDORS, Vendor
from aircherd.vocabulary import builtin_providers


def test_the_table_is_that_of_the_daemon():
    """Kind, server and variables of each built-in provider are the daemon's, in its order."""
    daemons = {
        name: Vendor(vendor.kind, vendor.base_url, vendor.env, vendor.needs_key)
        for name, vendor in builtin_providers.VENDORS.items()
    }
    assert list(daemons.items()) == list(VENDORS.items())


def test_renamed_providers_exist():
    """Every new name is the name of a built-in provider."""
    assert set(RENAMED.values()) <= set(VENDORS)
