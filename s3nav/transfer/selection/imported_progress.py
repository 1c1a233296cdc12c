"""Read ``download_resume.json`` of the aws-data-downloader: what it fetched before us."""

import json
from pathlib import Path

from s3nav.model.errors import UsageError
from s3nav.model.places import SCHEME
from s3nav.transfer.selection.manifest import read_text_file

FILE_NAME = "download_resume.json"


def read_resume_file(path: Path) -> frozenset[str]:
    """``bucket/key`` of each file recorded as downloaded. Raises UsageError.

    The record says nothing of sizes: the plan compares each file with its object.
    """
    content = read_text_file(path, "resume file")
    try:
        parsed: object = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _odd(path, str(error)) from error
    recorded = parsed.get("downloaded_files") if isinstance(parsed, dict) else None
    if not isinstance(recorded, list) or not all(isinstance(name, str) for name in recorded):
        raise _odd(path, "it has no list `downloaded_files`")
    return frozenset(name.removeprefix(SCHEME) for name in recorded)


def find_resume_file(target: Path) -> Path | None:
    """The record in a download directory or beside it, where the aws-data-downloader put it."""
    for place in (target / FILE_NAME, target.parent / FILE_NAME):
        if place.is_file():
            return place
    return None


def _odd(path: Path, why: str) -> UsageError:
    return UsageError(
        f"`{path}` is not a record of the aws-data-downloader: {why}",
        remedy="leave out --import-resume, or remove the file",
        slug="bad-resume-file",
    )
