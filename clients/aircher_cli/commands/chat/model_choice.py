"""Opens the list of models from a conversation."""

from aircher_cli.context import Context


def can_pick(context: Context) -> bool:
    """Tell whether the terminal can draw the list."""
    from aircher_cli.picker.run import way_to_pick  # noqa: PLC0415 -- only when it is asked for

    return way_to_pick(context) == "screen"


def pick_model(context: Context, in_use: str, *, task: str = "", key: str = "") -> str | None:
    """Let the user choose; return the name, None if they left without a choice.

    The default model stays: the choice is for this conversation, whose requests have the `task` and
    use only keys with the label `key`, if there are any.

    Raises:
        SystemExit: a signal ended the program while the list was open.
    """
    from aircher_cli.picker.run import run_picker  # noqa: PLC0415 -- only when it is asked for
    from aircher_cli.picker.view.here import Here  # noqa: PLC0415

    here = Here(task=task, key=key, key_from="this conversation" if key else "")
    title = f"now {in_use}; choose a model for this conversation"
    try:
        return run_picker(context, chooses_default=False, title=title, in_use=in_use, here=here)
    except KeyboardInterrupt:
        return None  # Ctrl-C leaves the list, not the conversation
