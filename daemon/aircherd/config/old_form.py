"""Recognise a configuration of the earlier aircher, written in Rust, which had the same path.

Loaded only for a file with problems.
"""

from aircher_wire.config_forms import OLD_FORMS, form_of
from aircherd.config.problems import WHOLE_FILE, Problem, config_error
from aircherd.errors import ConfigInvalid


def is_old_form(data: dict[str, object]) -> bool:
    """Return whether a parsed file has entries of the earlier aircher and none of this one."""
    return form_of(data) in OLD_FORMS


def old_form_error(file: str) -> ConfigInvalid:
    """Return the problem of such a file, instead of one for each of its entries."""
    problem = Problem(
        file=file,
        line=WHOLE_FILE,
        path="",
        message="is a configuration of the earlier aircher",
        hint="carry it over: aircher-cli migrate",
    )
    return config_error(file, [problem])
