"""Names of a package are imported when they are first used."""

import sys

import pytest

from s3nav.model.lazy_names import Deferred, lazy_names


def test_a_name_is_imported_on_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    deferred = Deferred("colorsys")
    assert "colorsys" not in sys.modules

    assert deferred.rgb_to_hsv is sys.modules["colorsys"].rgb_to_hsv


def test_a_package_finds_its_names_and_refuses_others() -> None:
    find = lazy_names("s3nav.model", {"places": ("S3Uri",)})

    assert find("S3Uri") is sys.modules["s3nav.model.places"].S3Uri
    with pytest.raises(AttributeError, match=r"'s3nav\.model' has no attribute 'Other'"):
        find("Other")
