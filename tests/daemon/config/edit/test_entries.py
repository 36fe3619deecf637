"""Setting and removing entries changes as little of a text as possible."""

import tomllib

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from aircherd.config.edit.data import MISSING, changed_data, find_value, pruned
from aircherd.config.edit.entries import Entry, change_entries
from aircherd.errors import BadRequest

BASE = """\
#:schema ./config.schema.json
# My configuration.

default_model = "work/m"  # for now

# The team's server.
[providers.work] # shared
kind = "openai"
base_url = 'https://a.example/v1'   # old
# headers = { "X-Team" = "blue" }

[models.m]
routes = [ # two
  "work/m",
  "openai/m", # paid
] # end

[[limits]]
provider = "work"
usd = 5.0
per = "day"

[[limits]]
client = "c"
requests = 3
per = "minute"

[catalog."work/m"]
window = 1000
"""


def set_one(text, path, value):
    return change_entries(text, [Entry(path, value)])


def changed_lines(before, after):
    """Return the lines that only one of two texts has."""
    old, new = before.split("\n"), after.split("\n")
    return [line for line in old if line not in new], [line for line in new if line not in old]


@pytest.mark.parametrize(
    ("path", "value", "gone", "new"),
    [
        (
            ("default_model",),
            "x/y",
            ['default_model = "work/m"  # for now'],
            ['default_model = "x/y"  # for now'],
        ),
        (
            ("providers", "work", "base_url"),
            "https://b.example",
            ["base_url = 'https://a.example/v1'   # old"],
            ['base_url = "https://b.example"   # old'],
        ),
        (("providers", "work", "auth"), "none", [], ['auth = "none"']),
        (("providers", "work", "headers"), {"X-A": "b"}, [], ['headers = { X-A = "b" }']),
        (("providers", "work", "headers", "X-A"), "b", [], ['headers = { X-A = "b" }']),
        (("limits", 1, "requests"), 9, ["requests = 3"], ["requests = 9"]),
        (("limits", 0, "warn_at"), 0.5, [], ["warn_at = 0.5"]),
        (("catalog", "work/m", "tools"), True, [], ["tools = true"]),
        (
            ("catalog", "work/o", "window"),
            5,
            [],
            ['[catalog."work/o"]', "window = 5"],
        ),
        (("fallback", "max_attempts"), 6, [], ["[fallback]", "max_attempts = 6"]),
        (
            ("models", "m", "routes"),
            ["a/b"],
            ["routes = [ # two", '  "work/m",', '  "openai/m", # paid', "] # end"],
            ['routes = ["a/b"] # end'],
        ),
        (("models", "m", "routes", 0), "a/b", ['  "work/m",'], ['  "a/b",']),
        (
            ("providers", "new"),
            {"kind": "ollama", "base_url": "http://h"},
            [],
            ["[providers.new]", 'kind = "ollama"', 'base_url = "http://h"'],
        ),
    ],
)
def test_setting_an_entry_changes_only_its_lines(path, value, gone, new):
    """All other lines stay, with their comments and their order."""
    changed = set_one(BASE, path, value)
    assert changed_lines(BASE, changed) == (gone, new)
    assert find_value(tomllib.loads(changed), path) == value


@pytest.mark.parametrize(
    ("text", "path", "value", "expected"),
    [
        ("", ("fallback", "strategy"), "fastest", '[fallback]\nstrategy = "fastest"\n'),
        ("# a\n", ("usage", "keep_days"), 40, "# a\n\n[usage]\nkeep_days = 40\n"),
        ("[usage]", ("usage", "keep_days"), 40, "[usage]\nkeep_days = 40"),
        ("[usage]\r\n", ("usage", "keep_days"), 40, "[usage]\r\nkeep_days = 40\r\n"),
        ("a.b = 1\n", ("a", "c"), 2, "a.b = 1\na.c = 2\n"),
        ("[p]\nw.k = 1 # k\n", ("p", "w", "u"), 2, "[p]\nw.k = 1 # k\nw.u = 2\n"),
        ("[p]\nw.k = 1\n", ("p", "w", "k"), 2, "[p]\nw.k = 2\n"),
        ("p = {w = {k = 1}}\n", ("p", "w", "u"), 2, "p = {w = { k = 1, u = 2 }}\n"),
        ("p = {w = {k = 1}}\n", ("p", "v", "u"), 2, "p = { w = { k = 1 }, v = { u = 2 } }\n"),
        ("[p]\nw = {k = 1} # w\n", ("p", "w", "u"), "x", '[p]\nw = { k = 1, u = "x" } # w\n'),
        ("[p.w]\nk = 1\n\n[q]\n", ("p", "w", "u"), 2, "[p.w]\nk = 1\nu = 2\n\n[q]\n"),
        ("[p.w.h]\nx = 1\n", ("p", "w", "u"), 2, "[p.w.h]\nx = 1\n\n[p.w]\nu = 2\n"),
        ("[p.w.h]\nx = 1\n", ("p", "w", "h"), {"y": 2}, "[p.w]\nh = { y = 2 }\n"),
        ("l = [{a = 1}, {a = 2}]\n", ("l", 1, "a"), 3, "l = [{a = 1}, {a = 3}]\n"),
        ("p = { w = { k = 1 } }\n", ("p", "w"), {"u": 2}, "p = { w = { u = 2 } }\n"),
        ("p = { w = { k = 1 } }\n", ("p", "v"), {}, "p = { w = { k = 1 }, v = {} }\n"),
        (
            "[[l]]\na = 1\n# c\n",
            ("l",),
            [{"a": 2}, {"b": 3}],
            "# c\n\n[[l]]\na = 2\n\n[[l]]\nb = 3\n",
        ),
        (
            "",
            ("models", "m", "routes"),
            [f"provider/a-model-with-a-long-name-{n}" for n in range(2)],
            """[models.m]
routes = [
  "provider/a-model-with-a-long-name-0",
  "provider/a-model-with-a-long-name-1",
]
""",
        ),
        ("", ("providers", "ollama"), {}, "[providers.ollama]\n"),
        ("\ufeff[u]\n", ("u", "k"), 1, "\ufeff[u]\nk = 1\n"),
    ],
)  # fmt: skip
def test_forms_of_sections(text, path, value, expected):
    """An entry is written in the form that its section has already."""
    assert set_one(text, path, value) == expected


@pytest.mark.parametrize(
    ("path", "gone"),
    [
        (("default_model",), ['default_model = "work/m"  # for now']),
        (("providers", "work", "base_url"), ["base_url = 'https://a.example/v1'   # old"]),
        (
            ("providers", "work"),
            [
                "[providers.work] # shared",
                'kind = "openai"',
                "base_url = 'https://a.example/v1'   # old",
            ],
        ),
        (("limits", 1), ['client = "c"', "requests = 3", 'per = "minute"']),
        (("catalog",), ['[catalog."work/m"]', "window = 1000"]),
        (("nothing", "here"), []),
        (("limits", 7), []),
    ],
)  # fmt: skip
def test_removing_an_entry_removes_only_its_lines(path, gone):
    """Comments above and below stay."""
    changed = change_entries(BASE, [], [path])
    assert changed_lines(BASE, changed) == (gone, [])
    assert path == ("limits", 1) or find_value(tomllib.loads(changed), path) is MISSING


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("[p.w]\nk = 1\n# in it\nu = 2\n# after\n\n[q]\n", ("p", "w"), "# after\n\n[q]\n"),
        ("a = 1\n\n[p.w]\nk = 1\n\n[q]\n", ("p", "w"), "a = 1\n\n[q]\n"),
        ("a = 1\n\n[p.w]\nk = 1\n", ("p", "w"), "a = 1\n"),
        ("a = 1\n\n[p.w]\nk = 1\n\n[q]\nk = 1\n", ("p", "w", "k"), "a = 1\n\n[q]\nk = 1\n"),
        ("[p]\nk = 1\n# c\n", ("p", "k"), "[p]\n# c\n"),
        ("[p]\nk = 1\n", ("p", "k"), ""),
        ("[p]\nk = 1\n[p.v]\nx = 1\n", ("p", "k"), "[p.v]\nx = 1\n"),
        ("[p.w]\nk = 1\n[p.w.h]\nx = 1\n[p.v]\n", ("p", "w"), "[p.v]\n"),
        ("p = {w = 1, v = 2}\n", ("p", "w"), "p = { v = 2 }\n"),
        ("p.w.k = 1\np.v = 2\n", ("p", "w"), "p.v = 2\n"),
        ("w = {k = 1}\nv = 2\n", ("w", "k"), "v = 2\n"),
        ("w = {k = 1, v = 2}\n", ("w", "k"), "w = { v = 2 }\n"),
        ("[p.w]\nh = { k = 1 }\n", ("p", "w", "h", "k"), ""),
        ("l = [{k = 1}]\n", ("l", 0, "k"), "l = [{}]\n"),
        ("[[l]]\na = 1\n", ("l", 0), ""),
        ("[[l]]\na = 1\n", ("l", 0, "a"), "[[l]]\n"),
        ("[[l]]\na = 1\n[[l]]\na = 2\n", ("l", 0), "[[l]]\na = 2\n"),
        ("l = [1]\n", ("l", 0), "l = []\n"),
        ("[p]\nw = {k = 1} # c\nv = 2\n", ("p", "w"), "[p]\nv = 2\n"),
    ],
)
def test_forms_of_removal(text, path, expected):
    """An entry is removed in whatever form it is written."""
    assert change_entries(text, [], [path]) == expected


def test_several_changes_are_made_in_order():
    """Removals come first, and later entries go into sections that earlier ones made."""
    entries = [
        Entry(("providers", "new", "kind"), "openai"),
        Entry(("providers", "new", "base_url"), "http://h"),
    ]
    text = change_entries("[providers.old]\nkind = 1\n", entries, [("providers", "old")])
    assert text == '[providers.new]\nkind = "openai"\nbase_url = "http://h"\n'


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("limits", 9, "usd"), 1, r"limits\[9\].usd: there is no such entry in the list"),
        (("limits", 9), {}, r"there is no such entry in the list"),
        (("limits", "usd"), 1, "limits.usd: what is above it in the file is a list"),
        (("default_model", "x"), 1, "what is above it in the file is not a section"),
        (("models", 0), 1, "what is above it in the file is a section"),
    ],
)
def test_an_impossible_change_is_refused(path, value, message):
    """The message names the entry."""
    with pytest.raises(BadRequest, match=message):
        set_one(BASE, path, value)


def test_a_change_that_would_mean_something_else_is_refused():
    """TOML does not allow a section's header after its dotted names."""
    text = "[a]\nb.c.d = 1\n[e]\n"
    with pytest.raises(BadRequest, match="cannot be changed by a command in this file"):
        set_one(text, ("e",), float("nan"))


NAMES = st.sampled_from(["a", "b", "c d", "e.f", "g/h"])
LEAVES = st.one_of(
    st.integers(-9, 9), st.booleans(), st.text(max_size=5), st.lists(st.integers(0, 3), max_size=3)
)
DATA = st.dictionaries(NAMES, LEAVES | st.dictionaries(NAMES, LEAVES, max_size=3), max_size=4)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(tuple)


def render(data, *, inline):
    """Write made-up data as TOML, with comments."""
    text = "# heading\n\n"
    for name, value in data.items():
        if not isinstance(value, dict) or inline:
            text = change_entries(f"{text}# c\n", [Entry((name,), value)])
    for name, value in data.items():
        if isinstance(value, dict) and not inline:
            text += f"\n# about\n[{_key(name)}] # s\n"
            for inner, leaf in value.items():
                text = change_entries(text, [Entry((name, inner), leaf)])
    return text


def _key(name):
    return name if name.isalnum() else f'"{name}"'


@given(DATA, st.booleans(), PATHS, st.one_of(st.just(MISSING), LEAVES))
def test_any_change_has_its_effect_and_keeps_every_comment(data, inline, path, value):
    """The data changes as a dictionary would, or the change is refused."""
    text = render(data, inline=inline)
    comments = text.count("#")
    try:
        if value is MISSING:
            changed = change_entries(text, [], [path])
        else:
            changed = change_entries(text, [Entry(path, value)])
    except BadRequest:
        return
    found = find_value(tomllib.loads(changed), path)
    assert found is MISSING if value is MISSING else found == value
    if value is not MISSING and find_value(data, path) is MISSING:
        assert changed.count("#") >= comments


KEYS = st.sampled_from(["a", "b", '"c d"', '"e.f"', "a.b", 'b."g/h"'])
WRITTEN = st.sampled_from(
    [
        "1",
        '"x"',
        "[1, 2]",
        '[\n  "p", # one\n  "q",\n]',
        '"""\nmany\nlines"""',
        "{ k = 1 }",
        "{}",
        "[{ z = 1 }, { z = 2 }]",
    ]
)
TAILS = st.sampled_from(["", " # c"])
STATEMENTS = st.one_of(
    st.builds("{} = {}{}".format, KEYS, WRITTEN, TAILS),
    st.builds("[{}]{}".format, KEYS, TAILS),
    st.builds("[[{}]]{}".format, KEYS, TAILS),
    st.sampled_from(["", "# comment", "  # indented"]),
)
PARTS = NAMES | st.integers(0, 1)


@st.composite
def texts(draw):
    """Return a valid text in any form that TOML has."""
    end = draw(st.sampled_from(["\n", "\r\n"]))
    text = "\n".join(draw(st.lists(STATEMENTS, max_size=8))).replace("\n", end) + end
    try:
        tomllib.loads(text)
    except ValueError:
        reject()
    return text


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(texts(), st.lists(PARTS, min_size=1, max_size=4).map(tuple), st.just(MISSING) | LEAVES)
def test_any_text_is_changed_or_refused(text, path, value):
    """Whatever its form: the data is as it should be, and comments stay when an entry is set."""
    try:
        if value is MISSING:
            changed = change_entries(text, [], [path])
        else:
            changed = change_entries(text, [Entry(path, value)])
    except BadRequest:
        return
    before, after = tomllib.loads(text), tomllib.loads(changed)
    assert pruned(after, path) == changed_data(before, path, value)
    replaced = find_value(before, path) is not MISSING
    if not replaced:
        lost = [line for line in text.split("\n") if line not in changed.split("\n")]
        assert [line for line in lost if "{" not in line] == []  # a new entry may be in braces
        assert changed.count("#") >= text.count("#")
