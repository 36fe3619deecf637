"""A list of choices whose chosen line has a mark, so that colour is not needed to see it."""

from collections.abc import Sequence

from textual.widgets import OptionList
from textual.widgets.option_list import Option

MARK = "> "
NO_MARK = "  "


class ChoiceList(OptionList):
    """One line per title; the index of a title identifies it."""

    def __init__(self, titles: Sequence[str] = (), *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        self._titles = tuple(titles)
        self._marked: int | None = None
        super().__init__(*(Option(NO_MARK + title) for title in self._titles), id=id, markup=False)

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles, without marks."""
        return self._titles

    def show(self, titles: Sequence[str]) -> None:
        """Show other titles; the chosen one stays chosen if it is among them."""
        at = self.highlighted
        chosen = self._titles[at] if at is not None and at < len(self._titles) else ""
        self._titles, self._marked = tuple(titles), None
        self.clear_options()
        self.add_options([Option(NO_MARK + title) for title in self._titles])
        self.highlighted = self._titles.index(chosen) if chosen in self._titles else 0

    def action_page_up(self) -> None:
        """Move up by a page, if there is one: Textual fails in a list that has no room yet."""
        if self.scrollable_content_region:
            super().action_page_up()  # type: ignore[no-untyped-call] # as Textual has it

    def action_page_down(self) -> None:
        """Move down by a page, as far as there is room."""
        if self.scrollable_content_region:
            super().action_page_down()  # type: ignore[no-untyped-call] # as Textual has it

    def watch_highlighted(self, highlighted: int | None) -> None:
        """Move the mark."""
        super().watch_highlighted(highlighted)
        for index, mark in ((self._marked, NO_MARK), (highlighted, MARK)):
            if index is not None and index < self.option_count:
                self.replace_option_prompt_at_index(index, mark + self._titles[index])
        self._marked = highlighted
