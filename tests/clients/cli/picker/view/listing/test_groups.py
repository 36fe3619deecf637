from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircher_cli.picker.view.listing.groups import MAX_MATCHES, MAX_ROWS, build_groups
from aircher_cli.picker.view.listing.rows import all_rows
from aircher_cli.picker.view.preferences import Preferences
from aircher_cli.render.marks import Mark
from helpers.picker.real_models import real_view
from helpers.picker.views import NOW, a_key, a_model, a_view, names_of

NONE = Preferences()


def groups_of(view, preferences=NONE, **options):
    return names_of(build_groups(view, preferences, NOW, **options))


# ------------------------------------------------------------------ groups


def test_favourites_come_first_then_recent_then_aliases_then_providers():
    """What the user wants most often needs the fewest keys."""
    view = a_view(["a/one", "a/two", "b/three"], aliases=({"name": "x", "routes": ["a/one"]},))
    preferences = Preferences(favourites=("b/three",), recent=("a/two", "b/three", "gone/model"))
    assert list(groups_of(view, preferences).items()) == [
        ("favourites", ["b/three"]),
        ("recent", ["a/two"]),
        ("aliases", ["x"]),
        ("a", ["a/one"]),
        ("b", []),
    ]


def test_favourites_keep_the_order_of_the_user():
    """They are the user's own list; no sort key changes it."""
    view = a_view(["a/one", "a/two"])
    preferences = Preferences(favourites=("a/two", "a/one"))
    assert groups_of(view, preferences, sort="price")["favourites"] == ["a/two", "a/one"]


def test_what_can_answer_comes_first_and_what_needs_a_sign_in_last():
    """The order within each kind is the daemon's."""
    view = a_view(
        ["closed/m", "cooling/m", "ready/m", "refused/m", "local/m"],
        [
            a_key("closed", "not_configured"),
            a_key("cooling", health="cooling"),
            a_key("ready"),
            a_key("refused", "rejected"),
            a_key("local", "not_required"),
        ],
    )
    assert list(groups_of(view)) == ["ready", "local", "cooling", "refused", "closed"]


def test_a_provider_without_a_sign_in_is_one_line():
    """Its models are counted, and the line says what it is."""
    view = a_view(["a/one", "a/two"], [a_key("a", "not_configured")])
    (group,) = build_groups(view, NONE, NOW)
    assert (group.rows, group.folded, group.mark) == ((), 2, Mark.NOT_CONFIGURED)
    assert group.why == "no key is stored for it"


def test_all_models_unfolds_everything():
    """One key shows what is folded."""
    models = [a_model("a/old", released="2020-01-01"), a_model("a/embed", chats=False), "b/closed"]
    keys = [a_key("a"), a_key("b", "not_configured")]
    groups = build_groups(a_view(models, keys), NONE, NOW, all_models=True)
    assert names_of(groups) == {"a": ["a/old", "a/embed"], "b": ["b/closed"]}
    assert all(row.is_folded for row in all_rows(groups))


def test_old_models_and_those_that_do_not_chat_are_folded():
    """They are counted in their group."""
    models = [a_model("a/old", released="2020-01-01"), a_model("a/embed", chats=False), "a/new"]
    (group,) = build_groups(a_view(models), NONE, NOW)
    assert ([row.name for row in group.rows], group.folded) == (["a/new"], 2)


def test_a_provider_with_old_models_alone_shows_them():
    """A local server may have nothing else."""
    models = [a_model("a/old", released="2020"), a_model("a/embed", released="2020", chats=False)]
    assert groups_of(a_view(models)) == {"a": ["a/old"]}


def test_the_default_and_the_favourites_are_never_folded():
    """What the user chose is in sight, whatever its age and its provider's state."""
    models = [a_model("a/old", released="2020"), "a/new", "b/closed"]
    view = a_view(models, [a_key("a"), a_key("b", "not_configured")], default="b/closed")
    found = groups_of(view, Preferences(favourites=("a/old",)))
    assert found == {"favourites": ["a/old"], "a": ["a/new"], "b": ["b/closed"]}


def test_a_provider_without_models_has_its_line():
    """A stopped local server, or an entry that is refused, says so."""
    view = a_view(keys=[a_key("work", "refused", reason="bad url")])
    (group,) = build_groups(view, NONE, NOW)
    assert (group.title, group.mark, group.why) == ("work", Mark.INVALID, "bad url")


def test_an_empty_view_has_no_groups():
    """Before the first answer."""
    assert build_groups(a_view(), NONE, NOW) == ()


# ------------------------------------------------------------------ filter


def test_a_filter_shows_the_best_match_first_over_all_groups():
    """Enter takes it."""
    view = a_view(["a/mason", "b/claude-sonnet", "b/other"])
    assert groups_of(view, query="son") == {"matches": ["b/claude-sonnet", "a/mason"]}


def test_several_words_match_names_and_abilities():
    """Each word has to be found."""
    models = [a_model("a/one", tools=True), a_model("a/two"), a_model("b/one", tools=True)]
    assert groups_of(a_view(models), query="a tools") == {"matches": ["a/one"]}


def test_letters_apart_match_only_if_nothing_else_does():
    """`z41` finds zed/gpt-4.1, but no list is filled with coincidences."""
    view = a_view(["zed/gpt-4.1", "zed/other"])
    assert groups_of(view, query="z41") == {"matches": ["zed/gpt-4.1"]}
    assert groups_of(a_view(["a/net", "a/n1e2t3"]), query="net") == {"matches": ["a/net"]}


def test_a_filter_finds_what_is_folded():
    """Models to sign in to come after those that can be used, and old ones after new ones."""
    models = [a_model("b/gpt"), a_model("a/gpt-old", released="2020"), a_model("a/gpt-new")]
    view = a_view(models, [a_key("a"), a_key("b", "not_configured")])
    found = groups_of(view, query="gpt")
    assert found == {"matches": ["a/gpt-new", "a/gpt-old"], "unavailable": ["b/gpt"]}


def test_an_exact_name_comes_first():
    """Even if the model is old: it was named."""
    view = a_view([a_model("a/gpt-4", released="2020"), a_model("a/gpt-4.1")])
    assert groups_of(view, query="gpt-4") == {"matches": ["a/gpt-4", "a/gpt-4.1"]}


def test_a_model_that_does_not_chat_is_found_by_its_name_only():
    """An ability does not find it."""
    view = a_view([a_model("a/embed", chats=False, images=True), a_model("a/see", images=True)])
    assert groups_of(view, query="images") == {"matches": ["a/see"]}
    assert groups_of(view, query="embed") == {"matches": ["a/embed"]}


def test_a_filter_finds_a_provider_without_models():
    """A server that is not running can be found."""
    view = a_view(["a/m"], [a_key("a"), a_key("ollama", "not_required", "unreachable")])
    assert groups_of(view, query="olla") == {"ollama": []}


def test_the_routes_of_an_alias_find_it():
    """The user may remember the model rather than the alias."""
    view = a_view(["a/claude"], aliases=({"name": "x", "routes": ["a/claude"]},))
    assert groups_of(view, query="claude") == {"matches": ["a/claude", "x"]}


def test_a_favourite_is_the_first_among_equal_matches():
    """The filter keeps the user's preference."""
    view = a_view(["a/gpt-1", "b/gpt-2"])
    assert groups_of(view, Preferences(favourites=("b/gpt-2",)), query="gpt") == {
        "matches": ["b/gpt-2", "a/gpt-1"]
    }


def test_matches_can_be_sorted():
    """The order of the user applies to what is shown."""
    models = [a_model("a/gpt", window=1), a_model("a/gpt-large", window=9)]
    assert groups_of(a_view(models), query="gpt", sort="window") == {
        "matches": ["a/gpt-large", "a/gpt"]
    }


def test_nothing_matches():
    """The list is empty, which the screen says."""
    assert build_groups(a_view(["a/b"]), NONE, NOW, query="xyz") == ()


# ------------------------------------------------------------------ sizes


def test_a_filter_returns_few_rows_and_counts_the_rest():
    """More rows would take long to draw, and no one reads them."""
    view = a_view([f"a/model-{n}" for n in range(500)])
    (group,) = build_groups(view, NONE, NOW, query="model")
    assert (len(group.rows), group.folded) == (MAX_MATCHES, 500 - MAX_MATCHES)


def test_a_huge_list_is_cut():
    """Without a filter too."""
    view = a_view([f"{p}/model-{n}" for p in "ab" for n in range(800)])
    groups = build_groups(view, NONE, NOW)
    assert sum(len(group.rows) for group in groups) == MAX_ROWS
    assert sum(group.folded for group in groups) == 1600 - MAX_ROWS


# ------------------------------------------------------------------ anything

NAMES = st.text(max_size=20) | st.sampled_from(["", "a/b", "\x1b[2J", "\u202e", "漢字/模型", "a"])
JUNK = st.none() | st.integers() | NAMES | st.lists(NAMES, max_size=2) | st.booleans()
FIELDS = st.sampled_from(
    [
        *("provider", "model", "name", "routes", "state", "health", "key", "until", "share"),
        *("window", "prices", "released", "chats", "reason", "hint", "source", "rate_limit"),
    ]
)
ROWS = st.lists(st.dictionaries(FIELDS, JUNK, max_size=6), max_size=5).map(tuple)


@given(ROWS, ROWS, ROWS, NAMES, st.booleans())
def test_anything_from_the_daemon_is_shown(models, aliases, others, query, every):
    """Missing fields, wrong types, hostile names: never an error, each row once and printable."""
    view = a_view(models, others, aliases=aliases, health=others, limits=others, providers=others)
    groups = build_groups(view, NONE, NOW, all_models=every, query=query)
    names = [row.name for row in all_rows(groups)]
    assert len(names) == len(set(names))
    assert all(name and name.isprintable() for name in names)
    assert all(f"{group.title}{group.why}".isprintable() for group in groups)


@given(st.lists(st.from_regex(r"[ab]/[a-c]{1,6}", fullmatch=True), max_size=20), st.text("abc/"))
def test_a_row_is_found_by_any_part_of_its_name(names, query):
    """Nothing is lost: what matches is shown or counted."""
    view = a_view(names)
    groups = build_groups(view, NONE, NOW, query=query, all_models=True)
    expected = {name for name in names if query in name}
    assert expected <= {row.name for row in all_rows(groups)}


def test_a_new_view_is_not_mistaken_for_the_last_one():
    """Facts are kept between calls, but only for the same list."""
    first = a_view(["a/one"])
    assert groups_of(first) == {"a": ["a/one"]}
    assert groups_of(replace(first, models=(a_model("a/two"),))) == {"a": ["a/two"]}
    assert groups_of(replace(first, aliases=({"name": "x", "routes": ["a/one"]},))) == {
        "aliases": ["x"], "a": ["a/one"],
    }  # fmt: skip


@pytest.mark.parametrize("query", ["", "z", "model-12 tools"])
def test_two_thousand_models_are_no_problem(query):
    """Long names too; how long it takes is measured elsewhere."""
    names = [chr(ord("a") + n % 26) * (400 if n % 2 else 5) for n in range(2000)]
    view = a_view([a_model(f"a/{name}-model-{n}", tools=True) for n, name in enumerate(names)])
    assert build_groups(view, NONE, NOW, query=query)


def test_aliases_are_sorted_by_the_figures_that_are_shown():
    """Those of the route that would answer, which may not be the first one."""
    models = [
        a_model("a/large", window=900),
        a_model("b/small", window=5),
        a_model("b/m", window=50),
    ]
    aliases = (
        {"name": "falls-back", "routes": ["a/large", "b/small"]},
        {"name": "answers", "routes": ["b/m"]},
    )
    view = a_view(models, [a_key("a", "rejected"), a_key("b")], aliases=aliases)
    group = build_groups(view, NONE, NOW, sort="window")[0]
    assert [(row.name, row.window) for row in group.rows] == [("answers", 50), ("falls-back", 5)]


@pytest.mark.parametrize("state", ["authenticated", "rejected"])
def test_the_provider_of_exactly_this_name_comes_before_other_matches(state):
    """Whatever its state; then come starts of words, then parts of words that can answer."""
    view = a_view(
        ["a/fireworks", "a/my-workhorse", "work/m", "b/working"],
        [a_key("a"), a_key("b", "rejected"), a_key("work", state)],
    )
    assert groups_of(view, query="work") == {
        "matches": ["work/m", "a/my-workhorse", "b/working", "a/fireworks"]
    }


def test_a_closed_provider_of_exactly_this_name_is_one_line_before_the_matches():
    """There one can sign in; with all models its rows are there too."""
    view = a_view(["a/fireworks", "work/m"], [a_key("a"), a_key("work", "not_configured")])
    group, _ = build_groups(view, NONE, NOW, query="work")
    assert (group.provider, group.rows, group.folded) == ("work", (), 1)
    assert groups_of(view, query="work") == {"work": [], "matches": ["a/fireworks"]}
    found = groups_of(view, query="work", all_models=True)
    assert found == {"work": ["work/m"], "matches": ["a/fireworks"]}


def test_a_provider_that_is_only_part_of_an_alias_has_its_line():
    """It has no list, but one can sign in to it."""
    view = a_view(
        ["a/m"],
        [a_key("a"), a_key("work", "not_configured")],
        aliases=({"name": "x", "routes": ["work/y", "a/m"]},),
    )
    assert list(groups_of(view)) == ["aliases", "a", "work"]
    assert list(groups_of(view, query="work")) == ["work", "matches"]


# ------------------------------------------------------------------ what people type


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        # Without a version the newest is meant, also one that no list of dates has yet.
        ("sonnet", "anthropic/claude-sonnet-5-5"),
        ("claude opus", "anthropic/claude-opus-5-5"),
        ("opus claude", "anthropic/claude-opus-5-5"),
        ("haiku", "anthropic/claude-haiku-5-5"),
        ("gemini pro", "gemini/gemini-3.1-pro-preview"),
        ("gemini flash", "gemini/gemini-3.8-flash"),
        ("mini", "openai/gpt-5.4-mini"),
        ("llama", "openrouter/meta-llama/llama-4-maverick"),
        ("openai/", "openai/gpt-6.1-sol"),
        ("openrouter claude opus", "openrouter/anthropic/claude-opus-5.5"),
        # With a version that one, however its parts are separated.
        ("gpt5", "openai/gpt-5"),
        ("gpt-5.5", "openai/gpt-5.5"),
        ("gpt 5 mini", "openai/gpt-5-mini"),
        ("gpt5mini", "openai/gpt-5-mini"),
        ("4o mini", "openrouter/openai/gpt-4o-mini"),
        ("gpt4o", "openai/gpt-4o"),
        ("o3", "openai/o3"),
        ("o4 mini", "openai/o4-mini"),
        ("opus45", "anthropic/claude-opus-4-5"),
        ("sonnet 4.5", "anthropic/claude-sonnet-4-5"),
        ("claude-sonnet-4.5", "anthropic/claude-sonnet-4-5"),
        ("claude_sonnet_4_5", "anthropic/claude-sonnet-4-5"),
        ("sonnet 5", "anthropic/claude-sonnet-5"),
        ("k2", "openrouter/moonshotai/kimi-k2"),
        ("r1", "openrouter/deepseek/deepseek-r1"),
        ("qwen 3", "openrouter/qwen/qwen3.8-2.4t-a95b"),
        # Letters in order.
        ("g35f", "gemini/gemini-3.5-flash"),
        # One typing error in a word.
        ("sonet", "anthropic/claude-sonnet-5-5"),
        ("calude", "anthropic/claude-sonnet-5-5"),
        ("claude opis", "anthropic/claude-opus-5-5"),
        ("haikku", "anthropic/claude-haiku-5-5"),
        ("gemni", "gemini/gemini-4-argon"),
        ("gtp-5.5", "openai/gpt-5.5"),
        ("antropic", "anthropic/claude-sonnet-5-5"),
        ("gemin flsh", "gemini/gemini-3.8-flash"),
    ],
)
def test_the_first_match_is_what_was_meant(typed, first):
    """As typed by those who use these models, over their real names."""
    assert all_rows(build_groups(real_view(), NONE, NOW, query=typed))[0].name == first


def test_a_typing_error_finds_no_more_than_what_was_meant():
    """The same letters in order are in many other names, which are no help then."""
    found = {row.name for row in all_rows(build_groups(real_view(), NONE, NOW, query="sonet"))}
    assert found == {
        row.name for row in all_rows(build_groups(real_view(), NONE, NOW, query="sonnet"))
    }


def test_a_provider_and_a_slash_name_the_provider():
    """It comes first even if it needs a sign-in and an alias leads to it."""
    view = a_view(
        ["other/model"], [a_key("other"), a_key("work", "not_configured")],
        aliases=({"name": "fast", "routes": ["other/model", "work/model"]},),
    )  # fmt: skip
    (first, *_) = build_groups(view, NONE, NOW, query="work/")
    assert first.provider == "work"
