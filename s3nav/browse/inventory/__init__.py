"""Read S3 Inventory reports in place of a listing: manifest, files, rows, sorted pages.

Every file is verified before a row of it is used.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.browse.inventory.inventory_files import InventoryFiles, StoppedError
    from s3nav.browse.inventory.inventory_manifest import InventoryManifest
    from s3nav.browse.inventory.inventory_pages import InventoryFacts, each_once, read_rows
    from s3nav.browse.inventory.inventory_rows import RowFilter, current_page
    from s3nav.browse.inventory.page_sorter import STORED, PageSorter
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "inventory_files": ("InventoryFiles", "StoppedError"),
            "inventory_manifest": ("InventoryManifest",),
            "inventory_pages": ("InventoryFacts", "each_once", "read_rows"),
            "inventory_rows": ("RowFilter", "current_page"),
            "page_sorter": ("PageSorter", "STORED"),
        },
    )

__all__ = [
    "STORED",
    "InventoryFacts",
    "InventoryFiles",
    "InventoryManifest",
    "PageSorter",
    "RowFilter",
    "StoppedError",
    "current_page",
    "each_once",
    "read_rows",
]
