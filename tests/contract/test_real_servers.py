"""What only a server can show: signatures, identities, checksums, and botocore beside us."""

import contextlib

import pytest

from s3nav.aws import check_identity, open_store
from s3nav.model.errors import AccessDeniedError, CredentialsError, S3NavError
from s3nav.model.objects import GetRequest, ListRequest
from s3nav.persistence import Directories
from tests.contract.conftest import REAL_SERVERS, Server, ServerBench
from tests.contract.test_object_store import AWKWARD_KEYS


@pytest.fixture
def server(server_name: str, request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(server_name)
    return found


@pytest.mark.rgw
@pytest.mark.parametrize(
    ("keys", "kind", "slug"),
    [
        ({"secret_key": "wrong"}, CredentialsError, "wrong-secret"),
        ({"access_key": "unknown"}, CredentialsError, "unknown-access-key"),
    ],
)
def test_a_wrong_secret_and_an_unknown_access_key_are_different_errors(
    rgw: Server,
    directories: Directories,
    keys: dict[str, str],
    kind: type[S3NavError],
    slug: str,
) -> None:
    settings = rgw.settings(**keys)

    store = open_store(settings, directories)
    with contextlib.closing(store), pytest.raises(kind) as listed:
        store.list_buckets()
    with pytest.raises(kind) as checked:
        check_identity(settings, directories)

    assert (listed.value.reference, checked.value.reference) == (slug, slug)
    assert listed.value.remedy


@pytest.mark.parametrize("server_name", [REAL_SERVERS[1]], indirect=True)
def test_an_object_that_is_private_is_denied_to_anonymous(
    bench: ServerBench, rgw: Server, directories: Directories
) -> None:
    bench.put("k", b"x")
    settings = rgw.settings(access_key="", secret_key="", anonymous=True)
    store = open_store(settings, directories)

    with pytest.raises(AccessDeniedError):
        store.head(bench.bucket, "k")
    with pytest.raises(AccessDeniedError):
        store.list_page(ListRequest(bucket=bench.bucket))
    store.close()


@pytest.mark.parametrize("server_name", [REAL_SERVERS[0]], indirect=True)
def test_checksums_come_with_the_bytes(bench: ServerBench) -> None:
    bench.client.put_object(
        Bucket=bench.bucket, Key="k", Body=b"content", ChecksumAlgorithm="SHA256"
    )

    with bench.store.get(GetRequest(bucket=bench.bucket, key="k")) as body:
        checksums = body.head.checksums

    assert checksums["SHA256"] == "7XACtDnprIRfIjV9giusFERzD722AW0+yUMil7nsn3M="


@pytest.mark.parametrize("server_name", REAL_SERVERS, indirect=True)
def test_metadata_and_types_are_read_by_head_and_by_get(bench: ServerBench) -> None:
    bench.client.put_object(
        Bucket=bench.bucket, Key="k", Body=b"x", ContentType="text/x", Metadata={"owner": "me"}
    )

    head = bench.store.head(bench.bucket, "k")
    with bench.store.get(GetRequest(bucket=bench.bucket, key="k")) as body:
        assert body.head.metadata == head.metadata == {"owner": "me"}
        assert body.head.content_type == head.content_type == "text/x"


@pytest.mark.parametrize("server_name", REAL_SERVERS, indirect=True)
def test_an_older_version_is_fetched_by_its_id(bench: ServerBench) -> None:
    bench.client.put_bucket_versioning(
        Bucket=bench.bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    old = bench.client.put_object(Bucket=bench.bucket, Key="k", Body=b"old")["VersionId"]
    new = bench.client.put_object(Bucket=bench.bucket, Key="k", Body=b"newer")["VersionId"]

    request = GetRequest(bucket=bench.bucket, key="k", version_id=old)
    buffer = memoryview(bytearray(10))
    with bench.store.get(request) as body:
        count = body.readinto(buffer)

    assert bytes(buffer[:count]) == b"old"
    assert bench.store.head(bench.bucket, "k", version_id=old).size_bytes == 3
    for version in (old, new):
        bench.client.delete_object(Bucket=bench.bucket, Key="k", VersionId=version)


@pytest.mark.parametrize("server_name", REAL_SERVERS, indirect=True)
def test_a_page_says_what_botocore_reads(bench: ServerBench) -> None:
    for key in AWKWARD_KEYS:
        bench.put(key, key.encode())

    ours = bench.store.list_page(ListRequest(bucket=bench.bucket)).objects
    theirs = bench.client.list_objects_v2(Bucket=bench.bucket)["Contents"]

    assert [
        (fact.key, fact.size_bytes, fact.etag, fact.modified_at, fact.storage_class)
        for fact in ours
    ] == [
        (
            entry["Key"],
            entry["Size"],
            entry["ETag"].strip('"'),
            entry["LastModified"],
            entry["StorageClass"],
        )
        for entry in theirs
    ]


@pytest.mark.parametrize("server_name", REAL_SERVERS, indirect=True)
def test_a_bucket_list_says_what_botocore_reads(bench: ServerBench) -> None:
    ours = bench.store.list_buckets()
    theirs = bench.client.list_buckets()["Buckets"]

    assert {(bucket.name, bucket.created_at) for bucket in ours} == {
        (bucket["Name"], bucket["CreationDate"]) for bucket in theirs
    }


@pytest.mark.parametrize("server_name", REAL_SERVERS, indirect=True)
def test_an_identity_is_found_with_and_without_sts(
    server: Server, server_name: str, directories: Directories
) -> None:
    identity = check_identity(server.settings(), directories)

    assert identity.source == "flags"
    if server_name == "moto":
        assert identity.arn.startswith("arn:aws:")
    else:
        assert identity.buckets_listable is True
