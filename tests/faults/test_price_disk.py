"""A disk that fills up under the price list: what was there stays, and the same command goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from s3nav.pricing import PriceRequest, Prices, load_config
from tests.support.price_list import Answer, Asked, PriceList
from tests.support.price_runs import LARGE, SMALL, fetch, indexed, large_offer, list_with, run
from tests.support.small_disk import CannotMountError, fill, remount, small_disk

MIB = 1 << 20
LOCAL_DISK = 8
PRODUCTS = 700
"""Of the large offer: 5 MB of JSON, 4 MB of index."""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return large_offer(tmp_path_factory.mktemp("offers"), PRODUCTS)


@pytest.fixture
def served(large: bytes) -> Iterator[PriceList]:
    with list_with(large) as served:
        yield served


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    try:
        with small_disk(tmp_path / "disk", 3 * MIB // 2) as place:
            yield place
    except CannotMountError as error:
        pytest.skip(str(error))


def temporaries(place: Path) -> list[Path]:
    return [path for path in place.rglob("*") if path.name.endswith(".tmp")]


@pytest.mark.slow
def test_a_disk_that_fills_up_while_indexing_leaves_the_index_as_it_was(
    served: PriceList, disk: Path, tmp_path: Path
) -> None:
    (tmp_path / "data").symlink_to(disk, target_is_directory=True)
    assert fetch(served, tmp_path, SMALL)[0] == 0

    code, out, err = fetch(served, tmp_path, LARGE, SMALL)

    assert code == LOCAL_DISK, err
    assert "error[local-disk]: cannot write" in err
    assert "disk is full" in err
    assert "free some space" in err
    assert "price files: 1 of 2 failed" in err
    assert "Traceback" not in err
    assert "not indexed" in out
    assert indexed(tmp_path) == {SMALL: 3}
    code, out, _ = run(served, tmp_path, "search", "timedstorage")
    assert (code, "0.023" in out) == (0, True)
    remount(disk, f"size={30 * MIB}")
    served.forget()
    assert fetch(served, tmp_path, LARGE, SMALL)[0] == 0
    assert indexed(tmp_path) == {SMALL: 3, LARGE: PRODUCTS}
    assert set(served.statuses) == {304}, "what was fetched is not fetched again"


def test_prices_can_be_looked_up_on_a_disk_without_a_free_byte(
    served: PriceList, disk: Path, tmp_path: Path
) -> None:
    (tmp_path / "data").symlink_to(disk, target_is_directory=True)
    assert fetch(served, tmp_path, SMALL)[0] == 0
    fill(disk / "ballast")

    searched = run(served, tmp_path, "search", "timedstorage")
    code, _, err = fetch(served, tmp_path, LARGE)

    assert (searched[0], "0.023" in searched[1]) == (0, True), searched[2]
    assert code == LOCAL_DISK
    assert "error[local-disk]: cannot open" in err
    assert "free space" in err
    (disk / "ballast").unlink()
    remount(disk, f"size={30 * MIB}")
    assert fetch(served, tmp_path, LARGE)[0] == 0
    assert indexed(tmp_path) == {SMALL: 3, LARGE: PRODUCTS}


def test_prices_can_be_looked_up_on_a_read_only_disk(
    served: PriceList, disk: Path, tmp_path: Path
) -> None:
    (tmp_path / "data").symlink_to(disk, target_is_directory=True)
    assert fetch(served, tmp_path, SMALL)[0] == 0
    remount(disk, "ro")

    code, out, err = run(served, tmp_path, "search", "timedstorage")

    assert (code, "0.023" in out) == (0, True), err


@pytest.mark.slow
def test_a_disk_that_fills_up_while_fetching_keeps_the_old_file_and_its_cache(
    served: PriceList, large: bytes, disk: Path, tmp_path: Path
) -> None:
    remount(disk, f"size={60 * MIB}")
    assert fetch(served, tmp_path, LARGE, SMALL, on=disk)[0] == 0
    url = next(path for path in served.files if LARGE in path and "region_index" not in path)
    served.files[url] = newer = large.replace(b"20260427071325", b"20260504071325")

    def fills(asked: Asked) -> Answer | None:
        if asked.path != url:
            return None
        whole = served.honest(asked.path, asked.headers)
        return Answer(200, whole.body, whole.headers, halfway=lambda: fill(disk / "ballast"))

    served.faults.append(fills)
    code, _, err = fetch(served, tmp_path, LARGE, SMALL, on=disk)

    assert code == LOCAL_DISK, err
    assert "error[cache]: cannot write below" in err
    assert "No space left" in err
    assert "free some space, or name another --cache-dir" in err
    assert (disk / "out" / f"{LARGE}.json").read_bytes() == large
    assert temporaries(disk) == []
    assert indexed(tmp_path) == {SMALL: 3, LARGE: PRODUCTS}
    (disk / "ballast").unlink()
    served.faults.clear()
    served.forget()
    assert fetch(served, tmp_path, LARGE, SMALL, on=disk)[0] == 0
    assert (disk / "out" / f"{LARGE}.json").read_bytes() == newer
    assert 0 < served.body_bytes < len(newer), "it went on where it was cut off"


def test_a_disk_that_is_too_small_for_an_offer_is_told_before_it_is_fetched(
    served: PriceList, large: bytes, disk: Path, tmp_path: Path
) -> None:
    remount(disk, f"size={36 * MIB}")

    code, _, err = fetch(served, tmp_path, LARGE, SMALL, on=disk)

    assert code == LOCAL_DISK, err
    assert f"the file needs {len(large):,}" in err
    assert indexed(tmp_path) == {SMALL: 3}
    assert not (disk / "out" / f"{LARGE}.json").exists()


def test_an_index_that_was_only_readable_is_written_again_when_there_is_room(
    served: PriceList, disk: Path, tmp_path: Path
) -> None:
    (tmp_path / "data").symlink_to(disk, target_is_directory=True)
    assert fetch(served, tmp_path, SMALL)[0] == 0
    fill(disk / "ballast")
    config = load_config(
        base_url=served.base_url, cache_dir=tmp_path / "cache", output_dir=tmp_path / "out"
    )
    prices = Prices(config, disk / "prices.sqlite3")
    try:
        assert [version.offer for version in prices.catalogue.versions().all] == [SMALL]
        (disk / "ballast").unlink()
        remount(disk, f"size={30 * MIB}")

        (file,) = prices.download(PriceRequest(services=(LARGE,)))

        assert file.problem is None
        found = prices.catalogue.versions().all
        assert sorted(version.offer for version in found) == [LARGE, SMALL]
    finally:
        prices.close()
