from s3nav.model.events import JobState
from s3nav.present.transfers import jobs_by_state, limit_words, listing_words, unfinished_jobs
from s3nav.transfer import Bandwidth


def test_jobs_are_counted_by_state_in_the_order_of_their_lives() -> None:
    states = [JobState.DONE, JobState.RUNNING, JobState.DONE]

    assert jobs_by_state(states) == "1 running · 2 done"
    assert jobs_by_state([]) == "no jobs"


def test_the_newest_listing_is_named_and_the_others_are_counted() -> None:
    ((text, _),) = listing_words("s3://b/logs/", 1_200, others=2)

    assert text == " · listing s3://b/logs/ and 2 more: 1,200 objects · X stops"


def test_without_a_limit_nothing_is_shown_of_one() -> None:
    assert limit_words(Bandwidth()) == []


def test_quitting_names_running_jobs_and_what_is_still_listed() -> None:
    running, listed = unfinished_jobs(1, ["s3://b/logs/"])

    assert running == "1 job runs: it stops at a safe point and can be resumed."
    assert listed.startswith("Still listing s3://b/logs/: ")
    assert unfinished_jobs(0, []) == []
