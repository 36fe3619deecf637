"""How dialogs look."""

from aircher_cli.picker.screen.dialogs.style import DIALOG_CSS


def test_the_rules_apply_to_the_named_screen_only():
    """Each rule begins with the name of the screen."""
    css = DIALOG_CSS.format(name="SomeDialog")
    rules = [line for line in css.splitlines() if line.endswith(("{", "}")) and "{" in line]
    assert rules
    assert all(rule.startswith("SomeDialog") for rule in rules)
