"""Turn the named path sets of a dataset into sources."""

from collections.abc import Mapping, Sequence

from s3nav.model.errors import UsageError
from s3nav.model.places import S3Uri
from s3nav.model.text.plain_messages import nearest
from s3nav.settings import Dataset
from s3nav.transfer.selection.selection import Source

ALL = "all"


def find_dataset(datasets: Mapping[str, Dataset], name: str | None) -> Dataset:
    """The dataset of that name; without a name, the only one there is. Raises UsageError."""
    if not datasets:
        raise UsageError(
            "no dataset is configured",
            remedy="write a [datasets.NAME] section with bucket and paths into the settings file",
            slug="no-dataset",
        )
    if name is None:
        if len(datasets) == 1:
            return next(iter(datasets.values()))
        raise UsageError(
            "which dataset do the paths belong to?",
            remedy=f"--dataset {'|'.join(datasets)}",
            slug="no-dataset",
        )
    if name not in datasets:
        raise UsageError(
            f"no dataset `{name}`",
            remedy=nearest(name, datasets) or f"there are: {', '.join(datasets)}",
            slug="no-dataset",
        )
    return datasets[name]


def path_sources(dataset: Dataset, names: Sequence[str]) -> tuple[Source, ...]:
    """A source for each path set named; for all of them without names, and for ``all``.

    Raises UsageError for an unknown one, with the nearest that is known.
    """
    if not dataset.paths:
        raise UsageError(f"the dataset of bucket `{dataset.bucket}` has no paths", slug="no-paths")
    for name in names:
        if name not in dataset.paths and name != ALL:
            known = (*dataset.paths, ALL)
            raise UsageError(
                f"no path set `{name}`",
                remedy=nearest(name, known) or f"there are: {', '.join(known)}",
                slug="no-path-set",
            )
    chosen = dataset.paths if not names or ALL in names else dict.fromkeys(names)
    return tuple(Source(place=S3Uri(dataset.bucket, dataset.paths[name])) for name in chosen)
