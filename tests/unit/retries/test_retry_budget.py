"""Retries run out on a dead endpoint, and come back with successes."""

from s3nav.retries import RetryBudget


def test_a_budget_is_spent_retry_by_retry() -> None:
    budget = RetryBudget(2)

    assert [budget.spend() for _ in range(3)] == [True, True, False]


def test_successes_refill_it() -> None:
    budget = RetryBudget(1)
    budget.spend()

    budget.earn()
    after_one = budget.spend()
    budget.earn()

    assert not after_one
    assert budget.spend()


def test_successes_never_fill_it_over_the_brim() -> None:
    budget = RetryBudget(2)
    budget.spend()

    budget.earn(requests=1000)

    assert [budget.spend() for _ in range(3)] == [True, True, False]


def test_a_user_who_asks_again_gets_a_full_one() -> None:
    budget = RetryBudget(1)
    budget.spend()

    budget.refill()

    assert budget.spend()
