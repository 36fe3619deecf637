"""How all dialogs look: a box in the middle, never wider or higher than the terminal."""

WIDTH = 66
"""Columns of a dialog, where the terminal has as many."""

DIALOG_CSS = """
{name} {{ align: center middle; }}
{name} #box {{
    width: 66; max-width: 100%; height: auto; max-height: 100%;
    padding: 0 1; border: round $accent; background: $surface;
    overflow-y: auto;
}}
{name} .line {{ height: auto; }}
{name} .gap {{ margin-top: 1; }}
{name} .keys {{ height: auto; color: $text-muted; margin-top: 1; }}
{name} OptionList {{
    height: auto; max-height: 10; border: none; padding: 0; background: $surface; margin-top: 1;
}}
{name} OptionList:focus {{ border: none; }}
{name} .good {{ color: $text-success; }}
{name} .bad {{ color: $text-error; }}
{name} .warn {{ color: $text-warning; }}
"""
"""CSS with `{name}` for the class of the screen."""
