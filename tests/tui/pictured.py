"""Which picture shows each screen, pane and dialog of the cockpit.

`tests/architecture/test_no_orphans.py` fails when one is missing here. When a picture is taken,
the fixture `snap_compare` checks that what is named here is on the screen.
"""

from s3nav.tui.frame import Frame
from s3nav.tui.modals.confirm import ConfirmModal
from s3nav.tui.modals.cost import CostModal
from s3nav.tui.modals.download import DownloadModal
from s3nav.tui.modals.help import HelpModal
from s3nav.tui.modals.problem import ProblemModal
from s3nav.tui.modals.upload import UploadModal
from s3nav.tui.panes.buckets.availability import AvailabilityPane
from s3nav.tui.panes.buckets.browser import BrowserPane
from s3nav.tui.panes.buckets.buckets import BucketsPane
from s3nav.tui.panes.prices.prices import PricesPane
from s3nav.tui.panes.profiles import ProfilesPane
from s3nav.tui.panes.scans.compare_view import ComparePane
from s3nav.tui.panes.scans.history_view import HistoryPane
from s3nav.tui.panes.scans.scan_view import ScanPane
from s3nav.tui.panes.scrapes.activity import ActivityPane
from s3nav.tui.panes.scrapes.changes import ChangesPane
from s3nav.tui.panes.scrapes.explorer import ExplorerPane
from s3nav.tui.panes.scrapes.scrapes import ScrapesPane
from s3nav.tui.panes.transfers.files import FilesPane
from s3nav.tui.panes.transfers.transfers import TransfersPane

PICTURES: dict[type[object], str] = {
    ActivityPane: "test_scrape_pictures/test_days[80x24]",
    AvailabilityPane: "test_availability_pictures/test_days[80x24]",
    BrowserPane: "test_pictures/test_panes[browser-80x24]",
    BucketsPane: "test_pictures/test_panes[buckets-80x24]",
    ChangesPane: "test_scrape_pictures/test_changes[80x24]",
    ComparePane: "test_pictures/test_scans[compare-80x24]",
    ConfirmModal: "test_dialog_pictures/test_forgetting_question",
    CostModal: "test_dialog_pictures/test_cost",
    DownloadModal: "test_pictures/test_download_question",
    ExplorerPane: "test_scrape_pictures/test_resources[80x24]",
    FilesPane: "test_pictures/test_panes[files-80x24]",
    Frame: "test_pictures/test_panes[buckets-80x24]",
    HelpModal: "test_pictures/test_states[help]",
    HistoryPane: "test_pictures/test_scans[history-80x24]",
    PricesPane: "test_pictures/test_price_pictures[product-80x24]",
    ProblemModal: "test_dialog_pictures/test_problem",
    ProfilesPane: "test_pictures/test_panes[profiles-80x24]",
    ScanPane: "test_pictures/test_scans[totals-80x24]",
    ScrapesPane: "test_scrape_pictures/test_runs[80x24]",
    TransfersPane: "test_pictures/test_panes[transfers-80x24]",
    UploadModal: "test_pictures/test_upload_question",
}
"""Of each, the file below `__snapshots__` without its ending."""
