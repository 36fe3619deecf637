import tomllib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aircherd.config.toml.limits import MAX_BRACKETS, MAX_DOTS, find_excess

DOTS = ".a" * MAX_DOTS
MANY = f"a{DOTS}.a"
INSIDE = "." * 50 + "[" * 50


def _line(text: str) -> int | None:
    excess = find_excess(text)
    return None if excess is None else excess.line


@pytest.mark.parametrize(
    "text",
    [
        f"a{DOTS} = 1",
        f"[a{DOTS}]",
        f"[[a{DOTS}]]",
        f"a = {{ a{DOTS} = 1, b{DOTS} = 2 }}",
        f"a{DOTS} = 1\nb{DOTS} = 1\nc{DOTS} = 1",
        "a = [" + "1.5, " * 100 + "]",
        "a = [\n" + "1.5,\n" * 100 + "]",
        "a = " + "[" * MAX_BRACKETS + "]" * MAX_BRACKETS,
        "a = [" + "{}," * 100 + "]",
        "[[b]]\n" * 20,
        f"# {INSIDE}",
        f"a = '{INSIDE}'",
        f'a = "{INSIDE}"',
        f'"{INSIDE}".b = 1',
        f"'{INSIDE}'.b = 1",
        rf'a = "\"{INSIDE}\\" # {INSIDE}',
        f"a = '\\' # {INSIDE}",
        f'a = """\n"{INSIDE}""\\"""{INSIDE}"""""',
        f'a = """\\\\""" # {INSIDE}',
        f"a = '''\n'{INSIDE}''{INSIDE}'''''",
        f"a = \"\"\nb = ''\nc = \"\"\"\"\"\"\nd = '''''' # {INSIDE}",
    ],
)
def test_text_within_the_limits_passes(text: str) -> None:
    """Quoted text and comments do not count; `tomllib` accepts each of these texts."""
    assert tomllib.loads(text) is not None
    assert find_excess(text) is None


BEFORE = [
    "",
    "a = 1\n\n",
    'a = """\n"\n"""\n',
    "b = '''\n\"''' # \"\n",
    'c = "\'"\nd = "\\""\ne = \'\\\'\n',
    "# it's\r\n",
]


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize(
    "line",
    [
        f"{MANY} = 1",
        f"[{MANY}]",
        f"[[{MANY}]]",
        MANY,
        f"x = {{ b = 1, {MANY} = 1 }}",
        f"x = {{ a = {{ {MANY} = 1 }} }}",
        "a" + ' . "b.c"' * (MAX_DOTS + 1) + " = 1",
        "a" + ".''" * (MAX_DOTS + 1) + " = 1",
        "x = " + "[" * (MAX_BRACKETS + 1),
        "x = " + "{a=" * (MAX_BRACKETS + 1),
        "x = " + "[{a=" * MAX_BRACKETS,
    ],
)
def test_exceeded_limit_is_found_at_its_line(line: str, before: str) -> None:
    """Whatever quotes precede it."""
    assert _line(f"{before}{line}\n") == before.count("\n") + 1


@given(st.text(st.sampled_from("\"'\\.a[]{}=,# \n"), max_size=60))
@example('a = """"')
@example('"\\')
def test_few_symbols_never_exceed_a_limit(text: str) -> None:
    """In any arrangement, valid TOML or not."""
    few = text.replace(".", "", max(text.count(".") - MAX_DOTS, 0))
    few = few.replace("[", "").replace("{", "")
    assert find_excess(few) is None


@pytest.mark.parametrize("piece", ['"', '"""', "'''", "'", "#", "\\", '"\\', "[]", "\n", "=.", " "])
def test_scan_takes_linear_time(piece: str) -> None:
    """With quadratic time this test would run for hours."""
    assert find_excess(piece * (64 * 1024 // len(piece))) is None
