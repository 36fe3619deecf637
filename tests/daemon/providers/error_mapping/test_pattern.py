"""Patterns are compiled when an error is met, not when the daemon starts."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from aircherd.providers.error_mapping.pattern import Pattern, are_compiled, compile_all


def test_a_pattern_works_before_and_after_it_is_compiled():
    """It compiles itself if it has to."""
    pattern = Pattern(r"b(\d)")
    assert not are_compiled()
    assert [found[1] for found in pattern.finditer("b1 b2")] == ["1", "2"]
    compile_all()
    assert are_compiled()
    found = pattern.search("ab3")
    assert found is not None
    assert (found[1], pattern.search("c")) == ("3", None)
    assert pattern.fullmatch("b4")
    assert pattern.fullmatch("ab4") is None


def test_many_errors_at_once():
    """Each lets all be compiled in a thread of its own, and none fails."""
    patterns = [Pattern(rf"a{{{number}}}(b|c)*") for number in range(200)]
    with ThreadPoolExecutor(max_workers=16) as threads:
        for done in [threads.submit(compile_all) for _ in range(64)]:
            done.result()
    assert are_compiled()
    assert all(pattern.search("a" * 200) for pattern in patterns)


def test_a_start_compiles_none():
    """Importing the daemon leaves them for later."""
    code = (
        "import aircherd.app; from aircherd.providers.error_mapping import pattern; "
        "print(pattern.are_compiled(), len(pattern._pending) > 20)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["False", "True"]
