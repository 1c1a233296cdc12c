"""Find versions of objects that need not be the current ones: a HEAD each, several at once."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from s3nav.model.errors import NotFoundError, UsageError
from s3nav.model.objects import ObjectFact
from s3nav.transfer.source_listing.object_lister import PAGE, Lister, in_bytes

HEADS = 16
"""At once."""
_IS_DELETION = "405"
Found = tuple[Sequence[ObjectFact], Sequence[str]]
"""Objects that are there, and keys of those that are not, both in byte order."""


def named_versions(
    lister: Lister, bucket: str, keys: Sequence[str], versions: Mapping[tuple[str, str], str]
) -> Iterator[Found]:
    """Find keys, given in byte order, by thousands; those without a version by listings."""
    if not any((bucket, key) in versions for key in keys):
        yield from lister.named(bucket, keys)
        return
    with ThreadPoolExecutor(HEADS, thread_name_prefix="s3nav-heads") as heads:
        for start in range(0, len(keys), PAGE):
            yield _page(lister, heads, bucket, keys[start : start + PAGE], versions)


def _page(
    lister: Lister,
    heads: ThreadPoolExecutor,
    bucket: str,
    keys: Sequence[str],
    versions: Mapping[tuple[str, str], str],
) -> Found:
    pinned = [(key, versions[bucket, key]) for key in keys if (bucket, key) in versions]
    lister.count_heads(len(pinned))
    asked = heads.map(lambda one: _find(lister, bucket, *one), pinned)
    facts = [fact for fact in asked if fact is not None]
    for found, _ in lister.named(bucket, [key for key in keys if (bucket, key) not in versions]):
        facts += found
    there = {fact.key for fact in facts}
    facts.sort(key=lambda fact: in_bytes(fact.key))
    return facts, [key for key in keys if key not in there]


def _find(lister: Lister, bucket: str, key: str, version_id: str) -> ObjectFact | None:
    """The facts of one version; None when there is none, or it marks a deletion."""
    try:
        head = lister.head(bucket, key, version_id)
    except NotFoundError:
        return None
    except UsageError as error:
        if error.context.get("status") == _IS_DELETION:
            return None
        raise
    return ObjectFact(
        key=key,
        size_bytes=head.size_bytes,
        etag=head.etag,
        modified_at=head.modified_at,
        storage_class=head.storage_class,
        checksum_algorithm=next(iter(head.checksums), ""),
        checksum_type=head.checksum_type,
        version_id=version_id,
    )
