"""Every error has a slug of its own and an exit code."""

import importlib
import pkgutil
import re

import s3nav
from s3nav.model.errors import EXIT_INTERRUPTED, RetryLaterError, S3NavError


def test_every_error_has_a_name_of_its_own_and_an_exit_code() -> None:
    for module in pkgutil.walk_packages(s3nav.__path__, "s3nav."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    kinds = list(_all_kinds(S3NavError))

    slugs = [kind.slug for kind in kinds]
    assert len(set(slugs)) == len(slugs)
    assert all(re.fullmatch(r"[a-z-]+", slug) for slug in slugs)
    spoken = {kind.exit_code for kind in kinds if kind.__module__ == S3NavError.__module__}
    assert spoken == {*range(2, 11), RetryLaterError.exit_code}
    assert {kind.exit_code for kind in kinds} <= spoken | {EXIT_INTERRUPTED}


def _all_kinds(kind: type[S3NavError]) -> list[type[S3NavError]]:
    return [each for sub in kind.__subclasses__() for each in (sub, *_all_kinds(sub))]
