"""Requests are counted by bucket and storage class."""

from s3nav.model.request_counts import Usage, UsageBook, add_to, count_in


def test_books_are_added_and_subtracted_by_bucket_and_class() -> None:
    book: UsageBook = {}
    count_in(book, "b", "STANDARD").gets += 2
    other = {("b", "STANDARD"): Usage(gets=1, size_bytes=5), ("c", "GLACIER"): Usage(lists=1)}

    add_to(book, other)
    assert book == {
        ("b", "STANDARD"): Usage(gets=3, size_bytes=5),
        ("c", "GLACIER"): Usage(lists=1),
    }
    add_to(book, other, -1)
    assert book == {("b", "STANDARD"): Usage(gets=2), ("c", "GLACIER"): Usage()}


def test_a_copy_of_usage_is_independent() -> None:
    usage = Usage(gets=1)
    copy = usage.copy()
    usage.gets += 1

    assert copy.gets == 1
