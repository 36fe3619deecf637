"""Pure: the environment of the programs that the daemon starts, none of which gets a key.

    the keyring's child    the few variables that it needs
    a key command          everything but keys: a password manager needs its agent, its session, the
                           bus and the screen, and which variables are these is its own affair

A program's environment can be read by every other program of the user.
"""

import re
from collections.abc import Callable, Collection, Mapping

from aircherd.config.accounts import PASSWORD_VARIABLE
from aircherd.redaction import is_shaped_like_key
from aircherd.vocabulary.builtin_providers import VENDORS

_KEYRING_NAMES = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "LANG", "LANGUAGE"),
        # The bus, and which keyring is preferred.
        *("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "XDG_CURRENT_DESKTOP"),
        *("KDE_FULL_SESSION", "KDE_SESSION_VERSION", "PYTHON_KEYRING_BACKEND"),
        # How Python and its libraries are found.
        *("PYTHONPATH", "PYTHONHOME", "PYTHONPYCACHEPREFIX", "PYTHONDONTWRITEBYTECODE"),
        *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "__CF_USER_TEXT_ENCODING"),
    }
)

_KEY_NAME = re.compile(r".*_API_KEYS?(_\w+)?", re.IGNORECASE)
_NO_PROVIDERS = frozenset({"CONJUR_AUTHN_API_KEY"})
"""Names like those of providers' keys by which a password manager is signed in to."""
_MIN_KEY = 20
"""Characters; shorter words of such a shape are names, and no vendor's keys are so short."""
_SEPARATORS = re.compile(r"""[\s"'`,;:=&?(){}\[\]]+""")


def keyring_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the keyring's child."""
    return {
        name: value
        for name, value in environ.items()
        if name in _KEYRING_NAMES or name.startswith("LC_")
    }


def command_environment(
    variables: Mapping[str, str], key_names: Collection[str], is_key: Callable[[str], bool]
) -> dict[str, str]:
    """Return the environment of a key command: `variables` without those that hold a key.

    Args:
        variables: all that are known.
        key_names: the variables that providers of the configuration read their keys from.
        is_key: whether a value is, or contains, a key that is in use.
    """
    return {
        name: value
        for name, value in variables.items()
        if not (name in key_names or _is_key_name(name) or is_key(value) or has_key_shape(value))
    }


def _is_key_name(name: str) -> bool:
    if name in _NO_PROVIDERS:
        return False
    return name in _BUILT_IN or _KEY_NAME.fullmatch(name) is not None


_BUILT_IN = frozenset(
    [PASSWORD_VARIABLE, *(name for vendor in VENDORS.values() for name in vendor.env)]
)


def has_key_shape(value: str) -> bool:
    """Return whether a word of `value` has the shape of a vendor's key; a path is one word."""
    words = (word for word in _SEPARATORS.split(value) if len(word) >= _MIN_KEY)
    return any(is_shaped_like_key(word) for word in words)
