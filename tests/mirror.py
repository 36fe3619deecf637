"""Checks that the test tree mirrors the source tree, so that a module's tests are easy to find.

    daemon/aircherd/ROOM/NAME.py   tests/daemon/ROOM/test_NAME.py
    daemon/aircher_wire/NAME.py    tests/wire/test_NAME.py
    clients/aircher_client/NAME.py tests/clients/client/test_NAME.py
    clients/aircher_cli/NAME.py    tests/clients/cli/test_NAME.py

Every module needs its test file and every test file its module, except for packages' `__init__` and
the modules listed below with a reason. tests/e2e, tests/live, tests/bench and tests/hardness have
no mirror.

A folder has few enough files to be read at a glance; this is checked everywhere, helpers included.
"""

import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent

TREES = {
    "daemon/aircherd": "tests/daemon",
    "daemon/aircher_wire": "tests/wire",
    "clients/aircher_client": "tests/clients/client",
    "clients/aircher_cli": "tests/clients/cli",
}

MAX_FILES = 16
"""Modules in a folder; more are divided into packages."""

BY_BEHAVIOUR = {
    "daemon/aircherd/testing/simulator/": "a test double, tested from outside, as a client sees it",
    "daemon/aircherd/api/schema/": "tables of types, tested as the document that they make",
}
"""Folders whose tests are in the mirrored folder, but named after behaviours, not modules."""

WITHOUT_TESTS = {
    "daemon/aircherd/config/section.py": "a struct without behaviour",
    "daemon/aircherd/vocabulary/attempt.py": "structs without behaviour",
    "daemon/aircherd/vocabulary/chat.py": "structs without behaviour",
    "daemon/aircherd/vocabulary/keys.py": "structs without behaviour",
    "daemon/aircherd/vocabulary/availability.py": "structs, tested with the headers they come from",
    "daemon/aircherd/routing/state.py": "a protocol",
    "daemon/aircherd/providers/adapter.py": "protocols",
    "daemon/aircherd/vocabulary/models.py": "structs without behaviour",
    "daemon/aircherd/vocabulary/reply.py": "structs without behaviour",
    "daemon/aircherd/vocabulary/usage.py": "structs without behaviour",
    "daemon/aircherd/vocabulary/content/cache.py": "a type",
    "daemon/aircherd/vocabulary/content/citations.py": "a struct without behaviour",
    "daemon/aircherd/usage/listed_attempts.py": "structs without behaviour",
    "daemon/aircherd/usage/ledger/schema.py": "statements, tested by what uses them",
    "daemon/aircherd/chat/caller.py": "types",
    "daemon/aircherd/chat/services.py": "a struct without behaviour",
    "daemon/aircherd/vocabulary/verbatim.py": "structs without behaviour",
    "daemon/aircherd/api/context.py": "a protocol and a struct",
    "daemon/aircherd/api/params.py": "structs, tested with their methods",
    "daemon/aircherd/api/services.py": "structs without behaviour",
    "daemon/aircherd/http_api/call.py": "protocols and a struct",
    "daemon/aircherd/http_api/server/bounds.py": "constants",
    "daemon/aircherd/http_api/server/incoming_request.py": "a struct, tested with its parser",
    "daemon/aircherd/http_api/server/refusal.py": "an error without behaviour",
    "daemon/aircherd/http_api/dialects/dialect.py": "protocols and structs",
    "daemon/aircherd/http_api/dialects/gemini/shapes.py": "structs without behaviour",
    "daemon/aircherd/http_api/dialects/anthropic/request/blocks.py": "structs without behaviour",
    "daemon/aircherd/http_api/dialects/anthropic/request/fields.py": "structs without behaviour",
    "daemon/aircherd/http_api/dialects/ollama/shapes.py": "structs without behaviour",
    "clients/aircher_cli/render/status/detail.py": "constants",
    "clients/aircher_cli/commands/editors/settings/block.py": "structs, tested with the table",
    "daemon/aircher_wire/codes.py": "constants",
    "daemon/aircher_wire/methods.py": "constants",
    "daemon/aircher_wire/version.py": "a constant",
}


def expected_tests(root: Path) -> dict[str, str]:
    """Return module -> test file for every module that needs one, both relative to `root`."""
    pairs = {}
    for source, tests in TREES.items():
        for module in sorted((root / source).rglob("*.py")):
            name = module.relative_to(root).as_posix()
            if module.name != "__init__.py" and name not in WITHOUT_TESTS and not _is_grouped(name):
                folder = module.relative_to(root / source).parent
                pairs[name] = (
                    Path(tests) / folder / f"test_{module.stem.strip('_')}.py"
                ).as_posix()
    return pairs


def _is_grouped(name: str) -> bool:
    return name.startswith(tuple(BY_BEHAVIOUR))


def _is_grouped_test(name: str) -> bool:
    folders = [name.replace("daemon/aircherd", TREES["daemon/aircherd"]) for name in BY_BEHAVIOUR]
    return name.startswith(tuple(folders))


def problems(root: Path) -> list[str]:
    """Return a sentence for each module without tests, test without module, and stale exception."""
    expected = expected_tests(root)
    found = {
        path.relative_to(root).as_posix()
        for tests in TREES.values()
        for path in (root / tests).rglob("test_*.py")
        if not _is_grouped_test(path.relative_to(root).as_posix())
    }
    needed = set(expected.values())
    return [
        *(f"{module} has no {test}" for module, test in expected.items() if test not in found),
        *(f"{test} has no module" for test in sorted(found - needed)),
        *(f"{name} is exempt but gone" for name in WITHOUT_TESTS if not (root / name).exists()),
        *crowded(root),
    ]


def crowded(root: Path) -> list[str]:
    """Return a sentence for each folder with too many modules."""
    counts = Counter(
        module.parent.relative_to(root).as_posix()
        for top in ("daemon", "clients", "tests")
        for module in (root / top).rglob("*.py")
        if module.name != "__init__.py" and "node_modules" not in module.parts
    )
    full = sorted(folder for folder, count in counts.items() if count > MAX_FILES)
    return [f"{folder} has {counts[folder]} modules, more than {MAX_FILES}" for folder in full]


if __name__ == "__main__":
    found_problems = problems(ROOT)
    print("\n".join(found_problems) or "every module has its tests")  # noqa: T201 - a script
    sys.exit(bool(found_problems))
