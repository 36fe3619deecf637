"""Form A, as the program saved it and as written by hand."""

from aircher_cli.commands.migrate.old_files.config_a import NO_COUNTERPART
from aircher_cli.commands.migrate.old_files.configs import read_old_config
from aircher_cli.commands.migrate.old_files.old_config import OldModel, OldTask
from helpers.old_aircher.samples import FORM_A


def read(text=FORM_A):
    return read_old_config(text.encode(), "old.toml")


def test_reads_every_value():
    """All values with a counterpart are read."""
    config = read()
    assert (config.form, config.is_partial, config.is_saved_whole) == ("a", False, True)
    assert (config.default_provider, config.default_model) == (
        "claude",
        "claude-3-5-haiku-20241022",
    )
    openai = config.providers["openai"]
    assert (openai.label, openai.key_variable) == ("Team proxy", "TEAM_OPENAI_KEY")
    assert openai.base_url == "https://proxy.team.example/openai/v1/"
    assert openai.models == [OldModel("team-coder", 65536, 0.5, 2.0, tools=False)]
    assert config.preferences == {"team-coder": ["openai", "google"]}
    assert config.tasks == {"review": OldTask("team-coder", 0.2, 2500, "Find mistakes.")}
    assert config.fallbacks == {"claude": ["openai", "google"]}
    assert (config.strategy, config.max_cost_increase) == ("fastest", 1.8)
    assert config.max_fallback_attempts == 4
    assert (config.monthly_budget, config.daily_limit) == (44.5, 2.0)
    assert config.alert_threshold == 0.7
    assert config.provider_limits == {"claude": 3.0, "openai": 6.25}
    assert not [note for note in config.notes if note.kind == "problem"]


def test_a_file_written_by_hand_was_not_saved_whole():
    """Only a file with all sections has defaults that were not chosen."""
    assert not read("[global]\n[cost]\nmonthly_budget = 30.0\n").is_saved_whole


def test_what_has_no_counterpart_is_listed_with_its_reason():
    """Each such entry has a note, and none that is not in the file."""
    notes = {note.subject: note.message for note in read().notes}
    assert notes["[global] default_host"] == NO_COUNTERPART["global.default_host"]
    assert "[providers] fallback_urls of openai" in notes
    assert "[providers] timeout_seconds of openai" in notes  # claude has the default
    assert "[multi_provider.model_preferences] cost_multiplier, conditions" in notes
    assert "[global] budget_limit" not in notes
    assert "[compaction]" not in notes


def test_preferences_of_another_type_are_reported():
    """A mistake in one preference is a problem, not a crash."""
    config = read("[multi_provider]\nmodel_preferences = { m = 3, n = [{ provider = 4 }] }\n")
    assert len([note for note in config.notes if note.kind == "problem"]) == 2
