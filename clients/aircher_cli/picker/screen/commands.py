"""What the keys of the picker do. Each command is named as in `keys.KEYS`."""

from collections.abc import Callable

from aircher_cli.picker.live.outcome import Outcome
from aircher_cli.picker.run import Choice
from aircher_cli.picker.screen.items import Item
from aircher_cli.picker.screen.state import Overlay
from aircher_cli.picker.view.listing.rows import Row
from aircher_cli.picker.view.preferences import Preferences
from aircher_cli.render.marks import Mark

TYPE_CHECKING = False  # as in `typing`, without importing it
if TYPE_CHECKING:
    from aircher_cli.picker.screen.app import PickerApp

Save = Callable[[Preferences, Preferences], object]


class Commands:
    """The commands of one picker. They change its state, and the app draws it afterwards."""

    def __init__(self, app: "PickerApp", save: Save) -> None:
        self._app = app
        self._state = app.state
        self._save = save

    # ---------------------------------------------------------- commands without the daemon

    def back(self) -> None:
        """Leave the help or details, else clear the filter, else leave."""
        if self._state.overlay:
            self._state.overlay = ""
        elif self._state.query:
            self._state.clear_query()
        else:
            self._app.exit(None)

    def help(self) -> None:
        """Show all keys, or the list again."""
        self._toggle_overlay("help")

    def details(self) -> None:
        """Show everything about the row, or the list again."""
        self._toggle_overlay("details")

    def _toggle_overlay(self, name: Overlay) -> None:
        self._state.overlay = "" if self._state.overlay == name else name
        self._state.overlay_top = 0

    def toggle_all(self) -> None:
        """Show all models, or fold what is rarely wanted."""
        self._state.toggle_all()

    def sort(self) -> None:
        """Sort by the next criterion, and remember it."""
        self._state.next_sort()
        self._keep(self._state.preferences.with_sort(self._state.sort))

    def favourite(self) -> None:
        """Make the row a favourite, or no longer."""
        if row := self._state.row:
            verb = "no longer a favourite" if row.is_favourite else "now a favourite"
            self._keep(self._state.preferences.toggle_favourite(row.name))
            self._state.rebuild()
            self._state.message = (f"{row.name} is {verb}", "")

    def _keep(self, preferences: Preferences) -> None:
        before, self._state.preferences = self._state.preferences, preferences
        self._save(preferences, before)

    def copy(self) -> None:
        """Copy the name of the row by OSC 52, which terminals may refuse without saying so."""
        if row := self._state.row:
            self._app.copy_to_clipboard(row.name)
            self._state.message = (f"sent {row.name} to the terminal's clipboard (OSC 52)", "")

    # ---------------------------------------------------------- commands of the daemon

    def choose(self) -> None:
        """Choose the row, or open the group."""
        if self._state.overlay == "help":
            self._state.overlay = ""
            return
        item = self._state.item
        if item is None:
            return
        if item.row is None:
            self._open_group(item)
        elif not item.row.chats:
            self._state.message = (f"{item.row.name} does not chat; choose another model", "warn")
        elif item.row.mark is Mark.NOT_CONFIGURED:
            self._sign_in_first(item.row)
        else:
            self._choose(item.row.name)

    def _open_group(self, item: Item) -> None:
        """Show or fold the models of a group, or do what a provider without a model needs."""
        provider = item.group.provider
        if item.count or not provider:
            self._state.open_group(item)
        elif item.mark in {Mark.NOT_CONFIGURED, Mark.REJECTED}:
            self._ask_for_key(provider, lambda _: None)
        else:
            why = "Tab shows its state and what to do"
            self._state.message = (f"no model of {provider} is known yet; {why}", "warn")

    def _choose(self, name: str) -> None:
        if not self._state.chooses_default:
            self._keep(self._state.preferences.with_recent(name))
            self._app.exit(Choice(name))
            return
        self._state.message = (f"making {name} the default ...", "dim")
        self._app.run_in_background(
            "choose",
            lambda: self._app.actions.choose_default(name),
            lambda outcome: self._chosen(name, outcome),
        )

    def _chosen(self, name: str, outcome: Outcome) -> None:
        if outcome.ok:
            self._keep(self._state.preferences.with_recent(name))
            self._app.exit(Choice(name, outcome))
        else:
            # The same message may have been there before, as with an invalid configuration.
            self._state.message = (f"{name} was not chosen: {outcome.message}", "bad")

    def sign_in(self) -> None:
        """Sign in to the provider, or unlock the keys."""
        if provider := self._provider_of_row("sign in to"):
            row = self._state.row
            self._ask_for_key(provider, lambda _: None, row.label if row else "")

    def _sign_in_first(self, row: Row) -> None:
        """Sign in to the provider of a row that was chosen, and choose it then."""

        def go_on(is_signed_in: bool | None) -> None:
            if is_signed_in:
                self._choose(row.name)
            else:
                why = f"you are not signed in to {row.provider}"
                self._state.message = (f"{row.name} was not chosen: {why}", "warn")

        self._ask_for_key(row.provider, go_on, row.label)

    def _ask_for_key(
        self, provider: str, then: Callable[[bool | None], None], label: str = ""
    ) -> None:
        if self._state.view.config.get("file") == "":  # a forward, which takes no keys
            then(None)
            self._state.message = ("the daemon is on another machine: sign in there", "warn")
            return
        if self._state.view.lock:
            then(None)
            self._unlock()
            return
        # Widgets of Textual that the list does without would make every start slower.
        from aircher_cli.picker.screen.dialogs.sign_in import SignInDialog  # noqa: PLC0415
        from aircher_cli.picker.view.sign_in.key_facts import sign_in_facts  # noqa: PLC0415

        def close(is_signed_in: bool | None) -> None:
            then(is_signed_in)
            self._app.redraw()

        facts = sign_in_facts(self._state.view, provider, label)
        self._app.push_screen(SignInDialog(facts, self._app.actions), close)

    def _unlock(self) -> None:
        """Unlock the keys: until then no key can be stored."""
        self._state.message = ("unlocking the keys ...", "dim")
        self._app.run_in_background("unlock", self._app.actions.unlock, self._report)

    def sign_out(self) -> None:
        """Sign out of the provider, after a question."""
        if not (provider := self._provider_of_row("sign out of")):
            return
        from aircher_cli.picker.view.sign_in import key_facts  # noqa: PLC0415 -- rare

        choices = key_facts.sign_out_choices(self._state.view, provider)
        note = key_facts.sign_out_note(self._state.view, provider)
        if not choices:
            self._state.message = (note, "warn")
            return
        from aircher_cli.picker.screen.dialogs.confirm import ConfirmDialog  # noqa: PLC0415

        def sign_out(index: int | None) -> None:
            if index is not None:
                label = choices[index].label
                self._app.run_in_background(
                    "sign out", lambda: self._app.actions.sign_out(provider, label), self._report
                )

        titles = [choice.title for choice in choices]
        dialog = ConfirmDialog(f"Sign out of {provider}", [note], titles, is_risky=True)
        self._app.push_screen(dialog, sign_out)

    def test(self) -> None:
        """Check the keys of the provider now."""
        if provider := self._provider_of_row("test"):
            self._state.message = (f"testing the keys of {provider} ...", "dim")
            self._app.run_in_background(
                "test", lambda: self._app.actions.test(provider), self._report
            )

    def clear_cooldowns(self) -> None:
        """End the cooldowns of the provider now."""
        if provider := self._provider_of_row("end cooldowns of"):
            self._app.run_in_background(
                "clear", lambda: self._app.actions.clear_cooldowns(provider), self._report
            )

    def refresh(self) -> None:
        """Fetch the lists of models again; start the daemon first if it was stopped."""
        if self._state.view.link == "stopped":
            self._state.message = ("starting the daemon ...", "dim")
            self._app.run_in_background("start", self._app.actions.start_daemon, self._report)
            return
        self._state.message = ("fetching the lists of models ...", "dim")
        self._app.run_in_background("refresh", self._app.actions.refresh, self._report)

    def _provider_of_row(self, verb: str) -> str:
        if not self._state.provider:
            self._state.message = (f"select a model of the provider to {verb}", "warn")
        return self._state.provider

    def _report(self, outcome: Outcome) -> None:
        self._state.message = (outcome.message, "good" if outcome.ok else "bad")
