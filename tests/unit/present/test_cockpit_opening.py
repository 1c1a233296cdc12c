"""Options that the cockpit does not apply are named."""

from s3nav.present.cockpit_opening import dropped_words


def test_dropped_options_are_listed_as_far_as_they_fit() -> None:
    dropped = ("--min-size 1MB", "--since 2026-01-01")

    assert dropped_words(dropped, 200) == (
        "not applied here: --min-size 1MB, --since 2026-01-01; run with --headless"
    )
    assert dropped_words(dropped, 70) == (
        "not applied here: --min-size 1MB and 1 more; run with --headless"
    )
    assert dropped_words(dropped, 20) == "2 options not applied here; run with --headless"
