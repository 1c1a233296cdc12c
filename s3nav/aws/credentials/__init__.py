"""Find credentials: the provider chain, `~/.aws` files, the app's own store, profiles and refresh.

Each failure names the step that failed and what to do.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.aws.credentials.aws_files import is_usual_region
    from s3nav.aws.credentials.provider_chain import ANONYMOUS, LiveLogin, Login, find_login
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "aws_files": ("is_usual_region",),
            "provider_chain": ("ANONYMOUS", "LiveLogin", "Login", "find_login"),
        },
    )

__all__ = [
    "ANONYMOUS",
    "LiveLogin",
    "Login",
    "find_login",
    "is_usual_region",
]
