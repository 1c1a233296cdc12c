"""The login in use, and how it is found anew when S3 refuses its keys."""

import logging
import threading
from collections.abc import Callable

from s3nav.aws.credentials.provider_chain import Login
from s3nav.aws.http import Keys
from s3nav.model.errors import CredentialsError, UsageError

logger = logging.getLogger(__name__)


class LiveLogin:
    """Credentials that may change while requests are under way; used by all threads.

    botocore renews what it knows to expire. Here is what it cannot know: keys that S3 refuses
    earlier than they said, a new login in another terminal, a file that was written anew.
    """

    def __init__(self, login: Login, find: Callable[[], Login]) -> None:
        self._login = login
        self._find = find
        self._lock = threading.Lock()
        self._searches = 0

    @property
    def profile(self) -> str:
        """What a remedy calls it; empty when no profile was named."""
        return self._login.profile

    @property
    def is_anonymous(self) -> bool:
        """True when requests are not signed."""
        return self._login.credentials is None

    def freeze(self) -> Keys | None:
        """The keys for one request; None for anonymous ones. Raises CredentialsError."""
        return self._login.freeze()

    def renew(self, refused: bytes) -> bool:
        """Whether there are other keys than those that signed a request which S3 refused.

        `refused` is the request as it was sent. Looks for credentials as at the start; threads
        that ask meanwhile share what is found.
        """
        if self.is_anonymous:
            return False
        searches = self._searches
        with self._lock:
            try:
                keys = self.freeze()
                if keys is None or not _has_signed(keys, refused):
                    return keys is not None  # another thread was first, or botocore
                if self._searches != searches:
                    return False  # somebody has just looked, and found the same
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
    # Tokens are sent with white space folded, and a renewed one may belong to the same key.
    token = " ".join(keys.token.split())
    return not token or token.encode() in request
