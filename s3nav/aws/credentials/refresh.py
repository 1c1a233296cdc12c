"""Hold the login in use, and find credentials again when S3 refuses its keys."""

import logging
import threading
from collections.abc import Callable

from s3nav.aws.credentials.provider_chain import Login
from s3nav.aws.http import Keys
from s3nav.model.errors import CredentialsError, UsageError

logger = logging.getLogger(__name__)


class LiveLogin:
    """Credentials that may change while requests are under way. Thread safe.

    botocore renews credentials with a known expiry. This class covers what it cannot know: keys
    that S3 refuses earlier, a new login in another terminal, a changed file.
    """

    def __init__(self, login: Login, find: Callable[[], Login]) -> None:
        self._login = login
        self._find = find
        self._lock = threading.Lock()
        self._searches = 0

    @property
    def profile(self) -> str:
        """The profile that remedies name; empty when none was chosen."""
        return self._login.profile

    @property
    def is_anonymous(self) -> bool:
        """Whether requests are sent unsigned."""
        return self._login.credentials is None

    def freeze(self) -> Keys | None:
        """The keys for one request; None for anonymous access. Raises CredentialsError."""
        return self._login.freeze()

    def renew(self, refused: bytes) -> bool:
        """Get other keys than those that signed `refused`; False when there are none.

        `refused` is the request as sent. Searches as at the start; threads that call this at the
        same time share one search.
        """
        if self.is_anonymous:
            return False
        searches = self._searches
        with self._lock:
            try:
                keys = self.freeze()
                if keys is None or not _has_signed(keys, refused):
                    return keys is not None  # another thread or botocore has renewed them already
                if self._searches != searches:
                    return False  # another thread has just searched and found the same keys
                self._searches += 1
                found = self._find()
                if found.freeze() in {None, keys}:
                    return False
            except (CredentialsError, UsageError) as error:
                logger.debug("no other credentials: %s", error.message)
                return False
            self._login = found
            logger.info("credentials renewed", extra={"profile": self.profile})
            return True


def _has_signed(keys: Keys, request: bytes) -> bool:
    if f"Credential={keys.access_key}/".encode() not in request:
        return False
    # Renewed credentials may have the same access key, so the token decides. It is sent with white
    # space folded.
    token = " ".join(keys.token.split())
    return not token or token.encode() in request
