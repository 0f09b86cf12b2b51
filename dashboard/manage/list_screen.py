"""The screen of a list of rows that can be managed: its toolbar, and one page of rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic

from streamlit.delta_generator import DeltaGenerator

from core.actor import Actor
from core.analytics.row_filter import Noun, RowFilter
from core.db.paging import Page
from core.manage.row_editor import Row
from core.manage.row_service import Removed
from dashboard.exports import menu
from dashboard.manage import list_filters
from dashboard.manage.row_dialogs import RowDialogs
from dashboard.ui import filter_widgets, notices, panels


@dataclass(frozen=True)
class ListScreen(Generic[Row, Removed]):
    """A list with its search and filters; `actions` is the place for buttons that act on a row."""

    noun: Noun
    dialogs: RowDialogs[Row, Removed]
    search: str
    filters: RowFilter
    actions: DeltaGenerator

    def draw_rows(
        self,
        actor: Actor,
        page: Page[Sequence[Row]],
        table: Callable[[Sequence[Row]], Row | None],
    ) -> None:
        """Draw one page with `table`, and open the dialog that is asked for the chosen row."""
        filter_widgets.place(page, noun=self.noun)
        chosen = table(page.rows)
        filter_widgets.pages(page)
        action = panels.row_actions(self.actions, chosen)
        if action and chosen is not None:
            self.dialogs.open_for(actor, chosen.id, action)


def begin(
    noun: Noun, dialogs: RowDialogs[Row, Removed], *, searches: str, icon: str
) -> ListScreen[Row, Removed]:
    """Draw the toolbar of a list; `searches` says in words what its search looks at."""
    notices.show_undo(dialogs.screen)
    with panels.toolbar(spread=False):
        search = filter_widgets.search(f"Search {noun}", placeholder=f"Search {searches}")
        actions = panels.actions()
        filters, warnings = list_filters.read(noun)
        menu.draw(noun, filters.to_query(), noun=noun, as_of_snapshot=True)
    if actions.button(f"New {dialogs.noun}", type="primary", icon=icon):
        dialogs.open_new()
    panels.notes(warnings)
    return ListScreen(noun, dialogs, search, filters, actions)
