"""Configurations of the earlier aircher at the path of ours."""

import tomllib

import pytest

from aircherd.config.load import check_text
from aircherd.config.old_form import is_old_form
from helpers.old_aircher.samples import FORM_A, FORM_B, PLAIN_CLAUDE


@pytest.mark.parametrize("text", [FORM_A, FORM_B, '[providers.x]\napi_key_env = "X"\n'])
def test_an_old_form_is_one_problem_that_names_the_cure(text):
    """Instead of a problem for each entry there is one, with the command to run."""
    checked = check_text(text, file="/home/nina/.aircher/config.toml")
    assert checked.config is None
    assert checked.problem is not None
    assert checked.problem.message == (
        "/home/nina/.aircher/config.toml: is a configuration of the earlier aircher "
        "(carry it over: aircher-cli migrate)"
    )
    assert PLAIN_CLAUDE not in repr(checked.problem.data)


@pytest.mark.parametrize(
    "text",
    ["", 'title = "x"\n', '[providers.x]\nkind = "openai"\ndefault_model = "m"\n'],
)
def test_other_files_are_not_old_forms(text):
    """A new configuration with a mistake is reported as one."""
    assert not is_old_form(tomllib.loads(text))
