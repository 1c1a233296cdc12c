"""Usage types of AWS in plain words, and the region and kind that their names contain."""

import pytest

from s3nav.pricing.index.usage_types import region_of, stem_of
from s3nav.pricing.index.usage_words import kind_of, plain_words


@pytest.mark.parametrize(
    ("usage_type", "operation", "words"),
    [
        ("EU-Retrieval-SIA", "", "reading Standard-IA"),
        ("EUC1-TimedStorage-GIR-ByteHrs", "", "storing in Glacier Instant Retrieval, for a month"),
        ("Requests-Tier1", "", "PUT, COPY and POST in Standard; LIST in every class"),
        ("Standard-Retrieval-Bytes", "DeepArchiveRestoreObject",
         "reading Deep Archive, Standard speed (12 h)"),
        ("EU-EUC1-AWS-Out-Bytes", "", "transfer to another region (EUC1)"),
        ("BoxUsage:m5.large", "RunInstances:0002", "an hour of m5.large with Windows"),
        ("Tables-TimedStorage-ByteHrs", "", "storing for S3 Tables, for a month"),
        ("SomethingNew-Frobs", "", ""),
    ],
)  # fmt: skip
def test_usage_types_are_described_in_plain_words(
    usage_type: str, operation: str, words: str
) -> None:
    assert plain_words(usage_type, operation, {}) == words


def test_kinds_and_stems() -> None:
    assert kind_of("APN1-Requests-SIA-Tier2") == "requests"
    assert kind_of("Whatever-Storage-Thing") == "storage"
    assert stem_of("USW2-LAX1-BoxUsage:c5.large") == "BoxUsage:c5.large"
    assert stem_of("EUW3-EUC1-AWS-Out-Bytes") == "EUC1-AWS-Out-Bytes"
    assert stem_of("Global-DataTransfer-Out-Bytes") == "Global-DataTransfer-Out-Bytes"
    assert region_of({"location": "EU (Ireland)"}, "EU-X", "") == "eu-west-1"
    assert region_of({}, "APS3-X", "") == "ap-south-1"
