"""Read botocore's models without the prose in them: half the memory, half the time."""

import gzip
import json
from typing import Any

from botocore.loaders import JSONFileLoader


class LeanFiles(JSONFileLoader):
    """Reads models for a loader, as plain dicts and without documentation."""

    def load_file(self, file_path: str) -> Any:
        """The content of a file named without its ending; None when there is none."""
        for ending, open_file in ((".json", open), (".json.gz", gzip.open)):
            try:
                with open_file(file_path + ending, "rb") as file:
                    return json.loads(file.read(), object_hook=_without_prose)
            except FileNotFoundError:
                continue
        return None


def _without_prose(model: dict[str, Any]) -> dict[str, Any]:
    # A member that is called documentation is a shape, not a text.
    if isinstance(model.get("documentation"), str):
        model["documentation"] = ""  # botocore reads some of them, and shows none
    return model
