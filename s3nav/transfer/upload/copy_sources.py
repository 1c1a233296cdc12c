"""Find the objects of a copy inside S3, name their keys, and decide about each."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from os.path import commonprefix

import msgspec

from s3nav.model.errors import NotFoundError, UsageError
from s3nav.model.objects import ListRequest, ObjectFact
from s3nav.model.places import PageWatch, S3Uri, key_bytes
from s3nav.model.ports.stores import ObjectStore
from s3nav.transfer.journal import PlannedItem, nanoseconds
from s3nav.transfer.planning import ETAG, ExistingObjects, apply_overwrite_policy, same_objects
from s3nav.transfer.upload.local_walk import KEY_BYTES_MAX
from s3nav.transfer.upload.upload_request import CopyObjects

_UNSTORABLE = re.compile("[\0\1\ud800-\udfff]")


class _End(msgspec.Struct, frozen=True):
    """One source and what it becomes."""

    source: S3Uri
    key: str
    """At the target: of the object, or the prefix of its objects."""
    is_prefix: bool


def with_slash(request: CopyObjects) -> CopyObjects:
    """A recursive copy of ``s3://b/x`` alone means what is below ``x/``."""
    if not request.recursive or len(request.sources) != 1:
        return request
    (source,) = request.sources
    if source.key and not source.key.endswith("/"):
        return msgspec.structs.replace(request, sources=(source.child("/"),))
    return request


def check_copy(request: CopyObjects) -> None:
    """Raise UsageError for a request that makes no sense; S3 is not asked."""
    if not request.sources:
        raise UsageError("nothing to copy was named", remedy="name s3://bucket/key")
    is_folder = not request.to.key or request.to.key.endswith("/")
    if not is_folder and (request.recursive or len(request.sources) > 1):
        raise UsageError(
            f"`{request.to}` names one object", remedy=f"end it with a slash: {request.to}/"
        )
    if not request.recursive:
        for source in request.sources:
            if _is_prefix(source):
                raise UsageError(
                    f"`{source}` is a prefix, not an object",
                    remedy="`--recursive` copies all below it",
                )
    ends = _ends(request)
    _refuse_same_keys(ends, request.to)
    _refuse_overlaps(ends, request.to)


def decide_copies(store: ObjectStore, request: CopyObjects) -> Iterator[PlannedItem]:
    """Yield every object with its decision, in the order of the target's keys.

    Raises NotFoundError for a source that is not there.
    """
    existing = ExistingObjects(store, request.to.bucket, request.to.key)
    ends = sorted(_ends(request), key=lambda end: key_bytes(end.key))
    for source, key, fact in _facts(store, request, ends):
        item = PlannedItem(
            source.bucket,
            fact.key,
            key,
            fact.size_bytes,
            fact.etag,
            nanoseconds(fact.modified_at),
            fact.checksum_algorithm,
            fact.checksum_type,
            storage_class=fact.storage_class,
        )
        found = existing.find(key)
        if found is not None:
            same = ""
            if found.size_bytes == fact.size_bytes:
                place, to = S3Uri(source.bucket, fact.key), S3Uri(request.to.bucket, key)
                same = ETAG if found.etag == fact.etag else _compare(store, place, to)
            apply_overwrite_policy(item, same, overwrite=request.overwrite)
        yield item


def _compare(store: ObjectStore, source: S3Uri, to: S3Uri) -> str:
    """Compare two objects of the same size by their checksums; parts change an ETag."""
    try:
        return same_objects(store.head(source.bucket, source.key), store.head(to.bucket, to.key))
    except NotFoundError:
        return ""


def _is_prefix(place: S3Uri) -> bool:
    return not place.key or place.key.endswith("/")


def _ends(request: CopyObjects) -> list[_End]:
    folder = not request.to.key or request.to.key.endswith("/")
    if len(request.sources) > 1:
        return [
            _End(source, request.to.key + last_name(source), _is_prefix(source))
            for source in request.sources
        ]
    (source,) = request.sources
    if request.recursive:
        return [_End(source, request.to.key, is_prefix=True)]
    name = last_name(source) if folder else ""
    return [_End(source, request.to.key + name, is_prefix=False)]


def last_name(place: S3Uri) -> str:
    """``c`` of ``a/b/c``, ``b/`` of ``a/b/``; a whole bucket is called by its own name."""
    if not place.key:
        return f"{place.bucket}/"
    slash = "/" * place.key.endswith("/")
    return place.key.removesuffix("/").rpartition("/")[2] + slash


def _refuse_same_keys(ends: Sequence[_End], to: S3Uri) -> None:
    seen: dict[str, S3Uri] = {}
    for end in ends:
        if end.key in seen:
            target = S3Uri(to.bucket, end.key)
            raise UsageError(
                f"`{seen[end.key]}` and `{end.source}` would both become `{target}`",
                remedy="copy them one after the other, to different prefixes",
                slug="same-key",
            )
        seen[end.key] = end.source


def _refuse_overlaps(ends: Sequence[_End], to: S3Uri) -> None:
    """Raise UsageError for a copy onto a source, into one, or around one."""
    own = [end.source.key for end in ends if end.source.bucket == to.bucket]
    if not own:
        return
    names, ordered = set(own), sorted(own)
    for end in ends:
        cuts = [at + 1 for at, char in enumerate(end.key) if char == "/"]
        inside = next((end.key[:cut] for cut in (0, *cuts) if end.key[:cut] in names), None)
        if inside is None and end.key in names:
            inside = end.key
        if inside is None and end.is_prefix:
            at = bisect_left(ordered, end.key)
            if at < len(ordered) and ordered[at].startswith(end.key):
                inside = ordered[at]
        if inside == end.key and not end.is_prefix:
            raise UsageError(f"`{end.source}` would be copied onto itself", slug="overlap")
        if inside is not None:
            raise UsageError(
                f"`{S3Uri(to.bucket, inside)}` and `{S3Uri(to.bucket, end.key)}` overlap",
                remedy="copy to a place beside it",
                slug="overlap",
            )


def _facts(
    store: ObjectStore, request: CopyObjects, ends: Sequence[_End]
) -> Iterator[tuple[S3Uri, str, ObjectFact]]:
    """Each object that is copied: its source's place, its key at the target, its facts."""
    objects = _Objects(store, [end.source for end in ends if not end.is_prefix])
    for end in ends:
        if not end.is_prefix:
            yield end.source, _storable(end.key, end.source), objects.find(end.source)
            continue
        for fact in _below(store, end.source):
            key = end.key + fact.key[len(end.source.key) :]
            yield end.source, _storable(key, S3Uri(end.source.bucket, fact.key)), fact


class _Objects:
    """Objects that are named one by one: a page of a listing serves many of a bucket."""

    def __init__(self, store: ObjectStore, places: Sequence[S3Uri]) -> None:
        keys: dict[str, list[str]] = {}
        for place in places:
            keys.setdefault(place.bucket, []).append(place.key)
        self._pages = {
            bucket: ExistingObjects(store, bucket, commonprefix(names))  # noqa: RUF071  # of keys
            for bucket, names in keys.items()
        }

    def find(self, place: S3Uri) -> ObjectFact:
        """Raises NotFoundError."""
        fact = self._pages[place.bucket].find(place.key)
        if fact is None:
            raise NotFoundError(
                f"no object `{place}`",
                remedy=f"`s3nav --headless ls s3://{place.bucket}/` lists what is there",
                slug="no-such-key",
            )
        return fact


def _below(store: ObjectStore, place: S3Uri) -> Iterator[ObjectFact]:
    token: str | None = None
    found = False
    watch = PageWatch()
    while True:
        page = store.list_page(ListRequest(bucket=place.bucket, prefix=place.key, token=token))
        watch.see([fact.key for fact in page.objects])
        for fact in page.objects:
            found = True
            yield fact
        token = page.next_token
        if token is None:
            break
    if not found:
        raise NotFoundError(f"nothing is below `{place}`", slug="no-such-key")


def _storable(key: str, source: S3Uri) -> str:
    """The key, when S3 can hold it. Raises UsageError."""
    if _UNSTORABLE.search(key) or len(key.encode()) > KEY_BYTES_MAX:
        raise UsageError(
            f"the key of `{source}` would be too long, or cannot be written",
            remedy="choose a shorter prefix, or copy the others by their own prefixes",
            slug="bad-name",
        )
    return key
