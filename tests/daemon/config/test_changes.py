"""What a reload changed, as clients and the log get it."""

import pytest

from aircherd.config.changes import HIDDEN, MAX_SHOWN, Change, ReloadResult, find_changes
from aircherd.config.load import parse_config
from aircherd.config.model import DEFAULT_CONFIG

WORK = '[providers.work]\nkind = "openai"\nbase_url = "http://127.0.0.1:1/v1"\n'
FAR = '[providers.far]\nkind = "socket"\npath = "/run/a.sock"\n'
SHARED = '[shared]\nurl = "redis://one.localhost"\n'
LIMIT = '[[limits]]\nper = "day"\nusd = 5\n'


def changes(before: str, after: str) -> list[tuple[str, object, object]]:
    """Return the changes between two texts."""
    old, new = (parse_config(text, file="/home/u/config.toml") for text in (before, after))
    return [(change.path, change.before, change.after) for change in find_changes(old, new)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (WORK, WORK, []),
        ("", "# a comment\n", []),
        ("", 'default_model = "work/m"\n' + WORK, [
            ("default_model", None, "work/m"),
            ("providers.work", None, "openai at http://127.0.0.1:1/v1"),
        ]),
        (WORK, "", [("providers.work", "openai at http://127.0.0.1:1/v1", None)]),
        (WORK, WORK.replace(":1/", ":2/"), [
            ("providers.work.base_url", "http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")
        ]),
        (WORK, WORK + 'auth = "none"\n', [("providers.work.auth", None, "none")]),
        (WORK, WORK + 'env = ["A", "B"]\n', [("providers.work.env", [], ["A", "B"])]),
        ("", '[providers.openai]\nbase_url = "https://proxy.example/v1"\n', [
            ("providers.openai.base_url", "https://api.openai.com/v1", "https://proxy.example/v1"),
            ("providers.openai.env", ["OPENAI_API_KEY"], []),
        ]),
        (FAR, FAR.replace("/a.", "/b."), [("providers.far.path", "/run/a.sock", "/run/b.sock")]),
        ("", "[network]\nidle_timeout = 5\n", [("network.idle_timeout", 60.0, 5.0)]),
        ("", "[usage]\nkeep_days = 40\n", [("usage.keep_days", None, 40)]),
        ("", '[auth]\nlifetime = "8h"\n', [("auth.lifetime", None, "8h")]),
        ("", '[usage]\non_failure = "refuse"', [("usage.on_failure", "serve", "refuse")]),
        ("", "[fallback]\nmax_cost_increase = 2.5\n",
         [("fallback.max_cost_increase", None, "2.5")]),
        ('[models.a]\nroutes = ["openai/x"]\n', '[models.a]\nroutes = ["openai/y"]\n', [
            ("models.a.routes", ["openai/x"], ["openai/y"])
        ]),
        ("", '[models.a]\nroutes = ["openai/x"]\n', [("models.a", None, "routes openai/x")]),
        ("[[limits]]\nper = 'day'\nusd = 5\n", "[[limits]]\nper = 'day'\nusd = 6\n", [
            ("limits.day.usd", "5", "6")
        ]),
        ("", "[[limits]]\nper = 'day'\nusd = 5\nprovider = 'openai'\n", [
            ("limits.'day, provider openai'", None,
             "per day, usd 5, provider openai, warn_at 0.8"),
        ]),
        (SHARED, SHARED.replace("//one", "//two"), [
            ("shared.url", "redis://one.localhost:6379", "redis://two.localhost:6379")
        ]),
        (SHARED + LIMIT, SHARED + LIMIT + "scope = 'local'\n", [
            ("limits.day.scope", "shared", None)
        ]),
        (LIMIT, LIMIT + SHARED + "key_command = ['pass', 'canary']\n", [
            ("shared", None, ("url redis://one.localhost:6379, namespace aircher, "
             "key_command (hidden), on_outage local, time_zone UTC")),
            ("limits.day.scope", None, "shared"),
        ]),
    ],
)  # fmt: skip
def test_changes_are_listed_field_by_field(before: str, after: str, expected: object) -> None:
    """Paths are those of the file; a new or removed section is one change with a summary."""
    assert changes(before, after) == expected


@pytest.mark.parametrize(
    ("before", "after", "path"),
    [
        (WORK + 'headers = { X-Org = "one" }', WORK + 'headers = { X-Org = "two" }',
         "providers.work.headers.X-Org"),
        (WORK + 'key_command = ["op", "one"]', WORK + 'key_command = ["op", "two"]',
         "providers.work.key_command"),
        (SHARED + 'key_command = ["pass", "one"]', SHARED + 'key_command = ["pass", "two"]',
         "shared.key_command"),
    ],
)  # fmt: skip
def test_values_that_may_be_secret_are_hidden(before: str, after: str, path: str) -> None:
    """The change is listed without its values."""
    assert changes(before, after) == [(path, HIDDEN, HIDDEN)]


def test_a_new_section_hides_its_secrets() -> None:
    """A summary contains neither headers nor commands."""
    text = WORK + 'headers = { X-Org = "canary" }\nkey_command = ["op", "canary"]\n'
    assert "canary" not in str(changes("", text))


def test_long_values_are_shortened() -> None:
    """A line of the log stays readable."""
    [(_, _, shown)] = changes("", f"[models.a]\nroutes = ['openai/{'x' * 500}']\n")
    assert isinstance(shown, str)
    assert len(shown) < 250


def test_a_change_is_one_line_of_text() -> None:
    """The log uses it."""
    assert (
        str(Change("network.proxy", None, "http://h:1")) == "network.proxy: not set -> http://h:1"
    )
    assert str(Change("providers.work.env", ["A"], [])) == "providers.work.env: A -> none"


def test_clients_get_a_bounded_number_of_changes() -> None:
    """The number of the others is in `more`."""
    many = tuple(Change(f"a{n}", None, n) for n in range(MAX_SHOWN + 2))
    row = ReloadResult(changed=True, changes=many).to_wire()
    assert (row["more"], len(row["changes"])) == (2, MAX_SHOWN)  # type: ignore[arg-type]
    assert ReloadResult(changed=False).to_wire() == {"changed": False, "changes": []}


def test_equal_configurations_have_no_changes() -> None:
    """Not even the built-in one, which is a constant."""
    assert find_changes(DEFAULT_CONFIG, parse_config("", file="/x")) == ()
