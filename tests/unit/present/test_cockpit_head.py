from s3nav.present.cockpit_head import Traffic, account_shown, footer_parts, head_left, head_right
from s3nav.present.formatting import ASCII, Span
from s3nav.settings import Settings


def text(spans: list[Span]) -> str:
    return "".join(piece for piece, _ in spans)


def traffic(*, running: int, unfinished: int, limit: float | None = None) -> Traffic:
    return Traffic(
        running=running,
        unfinished=unfinished,
        bytes_per_s=2_000_000.0,
        limit_bytes_per_s=limit,
        samples=[1.0, 2.0],
    )


def test_the_header_has_an_account_only_once_s3_accepted_the_credentials() -> None:
    settings = Settings(profile="analytics", region="eu-west-1")

    assert text(head_left(settings, "111122223333", ASCII)) == (
        " s3nav  @ analytics · 1111-2222-3333 · eu-west-1"
    )
    assert text(head_left(settings, None, ASCII)) == " s3nav  o analytics · eu-west-1"


def test_an_account_that_is_not_twelve_digits_is_shown_as_it_is() -> None:
    assert account_shown("minio") == "minio"


def test_the_header_shows_rate_and_limit_of_running_jobs() -> None:
    shown = text(head_right(traffic(running=1, unfinished=3, limit=5_000_000.0), ASCII))

    assert shown.startswith("1 job 2.0 MB/s < 5.0 MB/s ")


def test_without_running_jobs_the_header_counts_those_that_wait() -> None:
    assert text(head_right(traffic(running=0, unfinished=3), ASCII)) == "3 waiting "
    assert head_right(traffic(running=0, unfinished=0), ASCII) == []


def test_a_narrow_footer_keeps_its_first_keys_and_the_last() -> None:
    keys = [("a", "a", "alpha"), ("b", "b", "beta"), ("help", "?", "help")]

    parts = footer_parts(keys, 19)

    assert [action_id for action_id, _ in parts] == ["a", "help"]
