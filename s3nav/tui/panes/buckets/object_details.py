"""The side panel of the browser: the metadata of the object under the cursor."""

from s3nav.browse import DirectoryListing
from s3nav.model.errors import S3NavError
from s3nav.model.objects import ObjectHead
from s3nav.present.buckets import directory_facts
from s3nav.present.buckets import object_facts as details
from s3nav.present.cockpit_hints import explained
from s3nav.present.formatting import safe_text
from s3nav.tui.ask import ask, stop_if_unwanted
from s3nav.tui.panes.buckets.directory_rows import OWN_MARKER
from s3nav.tui.panes.pane import Pane
from s3nav.tui.ports import CockpitSession
from s3nav.tui.widgets.facts import Facts

HEAD_AFTER_S = 0.25
"""The cursor must rest this long before a HEAD: moving through a list costs no requests."""


class ObjectDetails(Facts):
    """Sends one HEAD for an object on which the cursor rests, none while it is hidden."""

    def __init__(self, session: CockpitSession, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._session = session
        self._wanted = 0

    def look_at(self, listing: DirectoryListing | None, row: int | None) -> None:
        """Show a row of the listing; None for the directory itself."""
        self._wanted += 1
        if listing is None:
            self.show("")
            return
        style = self._session.settings.size_format
        if row is None:
            self.show(safe_text(str(listing.place)), directory_facts(listing, style))
            return
        title = safe_text(listing.names[row]) or OWN_MARKER
        if listing.is_prefix(row):
            self.show(title, note=("enter opens it, s downloads everything below it", "dim"))
            return
        self.show(title, note=("loading…", "dim"))
        if self.is_on_screen:
            wanted = self._wanted
            self.set_timer(HEAD_AFTER_S, lambda: self._ask(listing, row, title, wanted))

    @property
    def is_on_screen(self) -> bool:
        """False while the stylesheet hides the panel."""
        return bool(self.display)

    def _ask(self, listing: DirectoryListing, row: int, title: str, wanted: int) -> None:
        if wanted != self._wanted:
            return
        uri = listing.uri(row)

        def look() -> tuple[ObjectHead, list[tuple[str, str]]]:
            head = self._session.retrying_store(stop_if_unwanted).head(uri.bucket, uri.key)
            return head, details.object_cost_facts(self._session.estimator(), uri.bucket, head)

        def known(found: tuple[ObjectHead, list[tuple[str, str]]]) -> None:
            head, costs = found
            if wanted == self._wanted:
                self.show(
                    title, [*details.head_facts(head, self._session.settings.size_format), *costs]
                )

        def unknown(error: S3NavError) -> None:
            if wanted == self._wanted:
                self.show(title, note=(" ".join(explained(error)), "bad"))

        ask(
            self.query_ancestor(Pane),
            look,
            known,
            unknown,
            group="head",
        )
