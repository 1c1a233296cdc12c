"""List a bucket, a span of it, or named keys and versions, in key order; count the requests."""

import itertools
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from s3nav.model.errors import AccessDeniedError, NotFoundError, UsageError
from s3nav.model.objects import ListingPage, ListRequest, ObjectFact, ObjectHead
from s3nav.model.places import OutOfOrder, PageWatch, key_bytes, out_of_order
from s3nav.model.ports.stores import ObjectStore
from s3nav.transfer.selection import SelectionStats
from s3nav.transfer.source_listing.fact_sorter import FactSorter, late_facts

PAGE = 1000
LAST_CHARACTER = "\U0010fffd"
"""The last character in byte order, except for two noncharacters."""
_SURROGATES = (0xD800, 0xDFFF)
_DIRECTORY_BUCKET = "--x-s3"
HEADS = 16
"""HEAD requests at a time."""
_IS_DELETION = "405"
"""Status of a HEAD of a delete marker by its version (S3 API reference, HeadObject)."""
Found = tuple[Sequence[ObjectFact], Sequence[str]]
"""Objects found, and keys not found, both in byte order."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Keys between two others, both excluded; empty means no limit."""

    after: str = ""
    before: str = ""
    first: str = ""
    """The first key of the span begins with this."""


def can_start_anywhere(bucket: str) -> bool:
    """False for directory buckets: they list in no order and without StartAfter (API reference)."""
    return not bucket.endswith(_DIRECTORY_BUCKET)


class Lister:
    """The listings of one selection."""

    def __init__(
        self,
        store: ObjectStore,
        stats: SelectionStats,
        *,
        requester_pays: bool,
        suffixes: Sequence[str] = (),
    ) -> None:
        self._store = store
        self._suffixes = suffixes
        """Local names lose these."""
        self._stats = stats
        self._requester_pays = requester_pays

    def page(
        self,
        bucket: str,
        prefix: str,
        *,
        token: str | None = None,
        after: str = "",
        delimiter: str = "",
        size: int = PAGE,
    ) -> ListingPage:
        """Request one page. Raises the errors of the store."""
        self._stats.ask(bucket)
        return self._store.list_page(
            ListRequest(
                bucket=bucket,
                prefix=prefix,
                token=token,
                start_after=after,
                delimiter=delimiter,
                page_size=size,
                requester_pays=self._requester_pays,
            )
        )

    def count_heads(self, number: int) -> None:
        """Count `number` HEAD requests that several threads are about to send."""
        self._stats.head_requests += number

    def head(self, bucket: str, key: str, version_id: str) -> ObjectHead:
        """The facts of one version. Thread-safe. Raises the errors of the store."""
        return self._store.head(
            bucket, key, version_id=version_id, requester_pays=self._requester_pays
        )

    def exact(self, bucket: str, key: str) -> tuple[ObjectFact, ...]:
        """The object with exactly this key; empty if it does not exist."""
        # It is the first key with this prefix, if the endpoint lists in byte order.
        page = self.page(bucket, key, size=1)
        found = tuple(fact for fact in page.objects if fact.key == key)
        if found or (not page.objects and page.next_token is None):
            return found
        return self.looked_up(bucket, [key])

    def looked_up(self, bucket: str, keys: Sequence[str]) -> tuple[ObjectFact, ...]:
        """Those of some keys that exist, in the given order, by HEAD requests, several at a time.

        A refused HEAD proves nothing: its key counts as missing, as in the listing before.
        """
        self.count_heads(len(keys))

        def find(key: str) -> ObjectFact | None:
            try:
                return found_version(self, bucket, key, "")
            except AccessDeniedError:
                return None

        with ThreadPoolExecutor(HEADS, thread_name_prefix="s3nav-heads") as heads:
            return tuple(fact for fact in heads.map(find, keys) if fact is not None)

    def rest(self, bucket: str, prefix: str, page: ListingPage) -> Iterator[Sequence[ObjectFact]]:
        """The objects of a first page and all pages after it, in byte order.

        If disorder begins late, all that comes then is in byte order by itself.
        """
        watch, last = PageWatch(), ""
        while watch.see([fact.key for fact in page.objects]):
            yield page.objects
            last = page.objects[-1].key if page.objects else last
            if page.next_token is None:
                return
            page = self.page(bucket, prefix, token=page.next_token)
        yield from self._sorted(bucket, prefix, _Until(last))

    def spans(
        self, bucket: str, prefix: str, spans: Sequence[Span]
    ) -> Iterator[Sequence[ObjectFact]]:
        """The objects of some spans, in byte order; all objects if the endpoint lists otherwise."""
        given = array("q")  # eight bytes an object, for the endpoints that list otherwise
        try:
            for span in spans:
                for facts in self._span(bucket, prefix, span):
                    given.extend([hash(fact.key) for fact in facts])
                    yield facts
        except OutOfOrder:
            known = frozenset(given)
            yield from self._sorted(bucket, prefix, lambda key: hash(key) in known)

    def _span(self, bucket: str, prefix: str, span: Span) -> Iterator[Sequence[ObjectFact]]:
        """The objects of a span, page by page. Raises OutOfOrder.

        What lies between two spans is not listed. So both must end and begin where the names of the
        directories say; else the endpoint has another order.
        """
        after, before = key_bytes(span.after), key_bytes(span.before)
        watch, is_begun = PageWatch(), False
        page = self.page(bucket, prefix, after=span.after)
        while True:
            facts = page.objects
            if not watch.see([fact.key for fact in facts]):
                raise OutOfOrder
            # Some endpoints ignore StartAfter.
            if facts and key_bytes(facts[0].key) <= after:
                facts = tuple(fact for fact in facts if key_bytes(fact.key) > after)
            if facts and not is_begun and not facts[0].key.startswith(span.first):
                raise OutOfOrder
            is_begun = is_begun or bool(facts)
            if before and facts and key_bytes(facts[-1].key) >= before:
                inside = tuple(fact for fact in facts if key_bytes(fact.key) < before)
                if not facts[len(inside)].key.startswith(span.before):
                    raise OutOfOrder
                yield inside
                return
            yield facts
            if page.next_token is None:
                break
            page = self.page(bucket, prefix, token=page.next_token)
        if before or not is_begun:
            raise OutOfOrder  # it ended before its end, or has nothing that it should have

    def _sorted(
        self, bucket: str, prefix: str, is_known: Callable[[str], bool]
    ) -> Iterator[Sequence[ObjectFact]]:
        """All objects, listed from the first page on and sorted, but those handed out before."""
        watch, token = PageWatch(), None
        with FactSorter() as sorter:
            while True:
                page = self.page(bucket, prefix, token=token)
                watch.see([fact.key for fact in page.objects])
                for known, facts in itertools.groupby(page.objects, lambda f: is_known(f.key)):
                    sorter.add(facts, is_known=known)
                token = page.next_token
                if token is None:
                    break
            if isinstance(is_known, _Until) and is_known.is_open:
                raise out_of_order()  # the bucket has changed: what was handed out is not known
            yield from late_facts(sorter.facts(), self._suffixes)

    def named(
        self, bucket: str, keys: Sequence[str]
    ) -> Iterator[tuple[Sequence[ObjectFact], Sequence[str]]]:
        """Find keys, given in byte order; yields the objects found and the keys missing.

        Neighbouring keys share a page, so there are at most two requests for a key that
        exists, and never many more than the bucket has pages.
        """
        if not can_start_anywhere(bucket):
            for key in keys:
                exact = self.exact(bucket, key)
                yield exact, () if exact else (key,)
            return
        position, size = 0, PAGE
        while position < len(keys):
            wanted = keys[position]
            page = self.page(bucket, "", after=_below(wanted), size=size)
            by_key = {fact.key: fact for fact in page.objects}
            end = key_bytes(page.objects[-1].key) if page.objects and page.next_token else None
            stop = position + 1
            while stop < len(keys) and (end is None or key_bytes(keys[stop]) <= end):
                stop += 1
            asked = keys[position:stop]
            if end is not None and end < key_bytes(wanted):
                # More than a page of other keys comes first: request this key alone.
                by_key = {fact.key: fact for fact in self.exact(bucket, wanted)}
            found = [by_key[key] for key in asked if key in by_key]
            missing = [key for key in asked if key not in by_key]
            # An endpoint with another order may have it elsewhere.
            late = self.looked_up(bucket, missing) if missing else ()
            if late:
                found = sorted((*found, *late), key=lambda fact: key_bytes(fact.key))
                missing = sorted({*missing} - {fact.key for fact in late}, key=key_bytes)
            yield found, missing
            position = stop
            size = _next_size(size, len(found))


class _Until:
    """True for all keys of a listing up to and including the last that was handed out."""

    def __init__(self, last: str) -> None:
        self._last = last
        self.is_open = last != ""

    def __call__(self, key: str) -> bool:
        """Call it once for each key, in the order of the listing."""
        was_open = self.is_open
        self.is_open = was_open and key != self._last
        return was_open


def _next_size(size: int, hits: int) -> int:
    """A tenth of the page size if few of its keys were wanted, ten times if many were."""
    if hits * 10 < size:
        return max(1, size // 10)
    return min(PAGE, size * 10) if hits * 2 >= size else size


def _below(key: str) -> str:
    """A text just before `key` in byte order; hardly any key can lie between them."""
    before = ord(key[-1]) - 1
    if before < 1:
        return key[:-1]
    is_surrogate = _SURROGATES[0] <= before <= _SURROGATES[1]
    return key[:-1] + chr(_SURROGATES[0] - 1 if is_surrogate else before) + LAST_CHARACTER


def named_versions(
    lister: Lister, bucket: str, keys: Sequence[str], versions: Mapping[tuple[str, str], str]
) -> Iterator[Found]:
    """Find keys, given in byte order, up to a thousand at a time.

    Keys with a version are looked up by HEAD requests, several at a time; others by listings.
    """
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
    asked = heads.map(lambda one: found_version(lister, bucket, *one), pinned)
    facts = [fact for fact in asked if fact is not None]
    for found, _ in lister.named(bucket, [key for key in keys if (bucket, key) not in versions]):
        facts += found
    by_key = {fact.key for fact in facts}
    facts.sort(key=lambda fact: key_bytes(fact.key))
    return facts, [key for key in keys if key not in by_key]


def found_version(lister: Lister, bucket: str, key: str, version_id: str) -> ObjectFact | None:
    """The facts of a version or of the current one; None if there is none or a delete marker."""
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
