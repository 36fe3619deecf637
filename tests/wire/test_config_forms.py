"""The form of a configuration, by its content."""

import tomllib

import pytest

from aircher_wire.config_forms import form_of
from aircherd.config.sections import providers, top_level
from helpers.old_aircher.samples import FORM_A, FORM_B

CASES = [
    ("", "empty"),
    (FORM_A, "a"),
    (FORM_B, "b"),
    ('[providers.x]\napi_key_env = "X"\n', "a"),
    ('[providers.x]\ndefault_model = "m"\n', "b"),
    ('[global]\n[providers.x]\ndefault_model = "m"\n', "a and b"),
    ("[cost]\nmonthly_budget = 3\n", "a"),
    ("[embedding]\n", "b"),
    ('default_model = "a/m"\n', "new"),
    ('[providers.x]\nkind = "openai"\nbase_url = "https://x.example"\n', "new"),
    ('[providers.openai]\nbase_url = "https://x.example"\n', "new"),
    ('[models.m]\nroutes = ["openai/m"]\n', "new"),
    ('[[limits]]\nusd = 1\nper = "day"\n', "new"),
    ('default_model = "a/m"\n[global]\n', "both programs"),
    ('[providers.x]\nkind = "openai"\napi_key_env = "X"\n', "both programs"),
    ('title = "another program"\n[settings]\nx = 1\n', "unknown"),
    ("providers = 3\n", "unknown"),
    ("[providers]\nx = 3\n", "unknown"),
]


@pytest.mark.parametrize(("text", "form"), CASES)
def test_form_of(text, form):
    """Each file is recognised, wherever it is."""
    assert form_of(tomllib.loads(text)) == form


@pytest.mark.parametrize("name", [n for n in top_level.SECTION.names if n != "providers"])
def test_every_section_of_today_is_recognised(name):
    """The client cannot import the daemon's table, so a new section is named in both."""
    assert form_of({name: {}}) == "new"


@pytest.mark.parametrize("name", providers.SECTION.names)
def test_every_entry_of_a_provider_is_recognised(name):
    """`base_url` is in both programs; alone it says too little about the older one."""
    assert form_of({"providers": {"x": {name: "y"}}}) == "new"
