import pytest

from s3nav.model.objects import ObjectHead
from s3nav.present.buckets.object_facts import head_facts


@pytest.mark.parametrize(
    ("style", "said"),
    [
        ("auto", "2.0 MB  (2,000,000 bytes)"),
        ("binary", "1.9 MiB  (2,000,000 bytes)"),
        ("kb", "2,000.0 KB  (2,000,000 bytes)"),
    ],
)
def test_the_size_of_an_object_is_in_the_unit_of_all_sizes(style: str, said: str) -> None:
    assert dict(head_facts(ObjectHead(size_bytes=2_000_000), style))["size"] == said


def test_a_size_in_bytes_is_shown_once() -> None:
    assert dict(head_facts(ObjectHead(size_bytes=999), "auto"))["size"] == "999 B"
    assert dict(head_facts(ObjectHead(size_bytes=2048), "bytes"))["size"] == "2,048 bytes"
