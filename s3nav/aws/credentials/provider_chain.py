"""Find the credentials to use, and find them again when S3 refuses them.

Keys that are given as such are read without botocore, because loading it takes a third of a second.
Roles, single sign-on, programs and metadata services go through botocore's provider chain.
"""

import contextlib
import functools
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from s3nav.aws.credentials.app_store import StoredKeys, read_own_store
from s3nav.aws.credentials.aws_files import (
    PROFILE_VARIABLES,
    PlainProfile,
    first_set,
    open_botocore,
    plain_profile,
)
from s3nav.aws.errors import from_botocore
from s3nav.aws.http import Keys
from s3nav.model.errors import CredentialsError, ExpiredCredentialsError, UsageError
from s3nav.model.lazy_names import Deferred
from s3nav.model.text.plain_messages import nearest, unfit_keys
from s3nav.persistence import Directories
from s3nav.settings import Settings

if TYPE_CHECKING:
    from botocore import credentials as base
    from botocore import exceptions as boto
    from botocore import session as sessions
else:
    base = Deferred("botocore.credentials")
    boto = Deferred("botocore.exceptions")
    sessions = Deferred("botocore.session")

logger = logging.getLogger(__name__)

DEFAULT_REGION = "us-east-1"
ANONYMOUS = "anonymous"
ENVIRONMENT = "environment"
CHAIN_NAMES = frozenset({ENVIRONMENT, "container", "instance"})
"""Profiles that are in no file: botocore finds their credentials by itself."""
ENVIRONMENT_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_TOKEN_VARIABLES = ("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
_EXPIRY_VARIABLE = "AWS_CREDENTIAL_EXPIRATION"
_LISTED = "`s3nav --headless profiles list` shows what there is"


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """The credentials in use and where they come from."""

    open_session: "Callable[[], sessions.Session]"
    """Makes a botocore session with these credentials; loads botocore."""
    credentials: "base.Credentials | Keys | None"
    """`Keys` if they are permanent; None for anonymous access."""
    source: str
    profile: str
    """The profile that remedies name; empty when none was chosen."""
    region: str
    is_plain: bool = False
    """``~/.aws`` and the environment set only keys and a region, so botocore is not needed."""

    def freeze(self) -> Keys | None:
        """The keys for one request; botocore renews keys that are about to expire.

        None for anonymous access. Raises CredentialsError.
        """
        if self.credentials is None or isinstance(self.credentials, Keys):
            return self.credentials
        with _translated_provider_errors(self.profile):
            frozen = self.credentials.get_frozen_credentials()
        if not frozen.access_key or not frozen.secret_key:
            raise CredentialsError("the credentials have no keys", remedy=_LISTED)
        return _checked(frozen.access_key, frozen.secret_key, frozen.token or "")


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


def find_login(
    settings: Settings, directories: Directories, environment: Mapping[str, str] = os.environ
) -> Login:
    """The credentials to use, from the first of these sources that applies.

    Keys in flags, `anonymous`, the chosen profile, the environment, the profile ``default`` of the
    own store, botocore's chain. Only the last sends requests: to a metadata service, for at most
    1 s, when nothing else has credentials. Raises CredentialsError.
    """
    if settings.access_key or settings.secret_key:
        return _from_flags(settings)
    if settings.session_token:
        raise CredentialsError(
            "a session token was given without keys",
            remedy="give `--access-key` and `--secret-key` with `--session-token`",
            slug="half-given",
        )
    if settings.anonymous:
        return _anonymous(settings)
    if settings.profile:
        return _from_profile(settings, settings.profile, directories)
    return _from_default(settings, directories, environment)


def _from_flags(settings: Settings) -> Login:
    for given, missing in (
        (settings.access_key, "--secret-key"),
        (settings.secret_key, "--access-key"),
    ):
        if not (settings.access_key and settings.secret_key) and given:
            raise CredentialsError(
                f"`{missing}` is missing",
                remedy="give both `--access-key` and `--secret-key`, or a `--profile`",
                slug="half-given",
            )
    keys = StoredKeys(
        access_key=settings.access_key or "",
        secret_key=settings.secret_key or "",
        session_token=settings.session_token or "",
        region="",
    )
    return _login_with(settings, keys, source="flags", profile="")


def _anonymous(settings: Settings) -> Login:
    open_session = functools.cache(lambda: open_botocore(None))
    plain = plain_profile(None)
    return Login(
        open_session=open_session,
        credentials=None,
        source=ANONYMOUS,
        profile="",
        region=_region(settings, open_session, plain),
        is_plain=plain is not None,
    )


def _from_profile(settings: Settings, name: str, directories: Directories) -> Login:
    stored = {} if settings.use_aws_cli_creds else read_own_store(directories.credentials_file)
    if name in stored:
        if problem := stored[name].problem:
            raise CredentialsError(
                f"profile `{name}` of s3nav's own store: {problem}",
                remedy=f"write real keys into `{directories.credentials_file}`",
                slug="example-keys",
            )
        return _login_with(settings, stored[name], source="s3nav store", profile=name)
    plain = plain_profile(name)
    if plain is not None and plain.keys is not None:
        return _from_plain(settings, plain, plain.keys, profile=name)
    known = _aws_profiles()
    if name in known:
        return _from_chain(settings, open_botocore(name), source="~/.aws", profile=name)
    if name == ANONYMOUS:
        return _anonymous(settings)
    if name in CHAIN_NAMES:
        return _from_chain(settings, open_botocore(None), source=name, profile="")
    raise CredentialsError(
        f"no profile `{name}`",
        remedy=nearest(name, [*stored, *known]) or _LISTED,
        slug="unknown-profile",
    )


def _from_default(
    settings: Settings, directories: Directories, environment: Mapping[str, str]
) -> Login:
    missing = [name for name in ENVIRONMENT_KEYS if not environment.get(name)]
    if len(missing) == 1:
        raise CredentialsError(
            f"{missing[0]} is missing in the environment",
            remedy=f"export {missing[0]} too, or unset the other, or name a `--profile`",
            slug="half-given",
        )
    names_profile = first_set(PROFILE_VARIABLES, environment) is not None
    if missing and not names_profile and not settings.use_aws_cli_creds:
        own = read_own_store(directories.credentials_file).get("default")
        if own is not None and not own.problem:
            return _login_with(settings, own, source="s3nav store", profile="default")
    if not (missing or names_profile or environment.get(_EXPIRY_VARIABLE)):
        return _login_with(settings, _keys_of(environment), source="environment (env)", profile="")
    plain = plain_profile(None) if missing else None
    if plain is not None and plain.keys is not None:
        return _from_plain(settings, plain, plain.keys, profile="")
    source = "~/.aws" if missing else ENVIRONMENT
    return _from_chain(settings, open_botocore(None), source=source, profile="")


def _keys_of(environment: Mapping[str, str]) -> StoredKeys:
    """The keys that botocore would read from the environment."""
    access_key, secret_key = (environment[name] for name in ENVIRONMENT_KEYS)
    tokens = (environment.get(name) for name in _TOKEN_VARIABLES)
    return StoredKeys(
        access_key=access_key,
        secret_key=secret_key,
        session_token=next(filter(None, tokens), ""),
        region="",
    )


def _from_chain(
    settings: Settings, session: "sessions.Session", *, source: str, profile: str
) -> Login:
    with _translated_provider_errors(profile):
        region = _region(settings, lambda: session)
        # botocore asks STS in this region when the profile assumes a role.
        session.set_config_variable("region", region)
        credentials = session.get_credentials()
    if credentials is None:
        raise _no_credentials(profile)
    method = str(credentials.method or "")
    if type(credentials) is base.Credentials:  # its subclasses are renewed by botocore
        keys = _trimmed(credentials.access_key, credentials.secret_key, credentials.token)
        session.set_credentials(keys.access_key, keys.secret_key, keys.token or None)
        credentials = session.get_credentials()
    return Login(
        open_session=lambda: session,
        credentials=credentials,
        source=f"{source} ({method})" if method else source,
        profile=profile,
        region=region,
    )


def _from_plain(
    settings: Settings, plain: PlainProfile, keys: StoredKeys, *, profile: str
) -> Login:
    """A login with the keys of a plain profile of ``~/.aws``."""
    open_session = functools.cache(lambda: open_botocore(profile or None))
    return Login(
        open_session=open_session,
        credentials=_trimmed(keys.access_key, keys.secret_key, keys.session_token),
        source="~/.aws (shared-credentials-file)",
        profile=profile,
        region=_region(settings, open_session, plain),
        is_plain=True,
    )


def _login_with(settings: Settings, keys: StoredKeys, *, source: str, profile: str) -> Login:
    trimmed = _trimmed(keys.access_key, keys.secret_key, keys.session_token)

    @functools.cache
    def open_session() -> "sessions.Session":
        session = open_botocore(None)
        session.set_credentials(trimmed.access_key, trimmed.secret_key, trimmed.token or None)
        return session

    plain = plain_profile(None)
    return Login(
        open_session=open_session,
        credentials=trimmed,
        source=source,
        profile=profile,
        region=settings.region or keys.region or _region(settings, open_session, plain),
        is_plain=plain is not None,
    )


def _trimmed(access_key: str, secret_key: str, token: str | None) -> Keys:
    """Keys without white space around them: secrets of CI systems often end with a newline.

    Raises CredentialsError for white space within them.
    """
    return _checked(access_key.strip(), secret_key.strip(), (token or "").strip())


def _checked(access_key: str, secret_key: str, token: str) -> Keys:
    if problem := unfit_keys(access_key, secret_key, token):
        raise CredentialsError(
            problem, remedy="copy it again, without spaces and line breaks", slug="unfit-keys"
        )
    return Keys(access_key=access_key, secret_key=secret_key, token=token)


def _aws_profiles() -> list[str]:
    try:
        return list(sessions.Session().available_profiles)
    except boto.BotoCoreError as error:
        raise from_botocore(error) from error


def _region(
    settings: Settings,
    open_session: "Callable[[], sessions.Session]",
    plain: PlainProfile | None = None,
) -> str:
    if settings.region:
        return settings.region
    try:
        configured = plain.region if plain else open_session().get_config_variable("region")
    except boto.ProfileNotFound:
        # AWS_PROFILE may name a missing profile, which does not matter to keys from elsewhere.
        configured = None
    except boto.BotoCoreError as error:
        raise from_botocore(error) from error
    named = str(configured or "").strip() or os.environ.get("AWS_REGION", "").strip()
    return named or DEFAULT_REGION


@contextlib.contextmanager
def _translated_provider_errors(profile: str) -> Iterator[None]:
    """Translate all that botocore's providers raise into CredentialsError."""
    try:
        yield
    except (boto.BotoCoreError, boto.ClientError) as error:
        raise from_botocore(error, context={"profile": profile}) from error
    except RuntimeError as error:
        # botocore raises it when renewed keys are expired too.
        raise ExpiredCredentialsError(
            f"the credentials of profile `{profile or 'default'}` have expired",
            remedy="log in again, or correct the program that issues them (`credential_process`)",
        ) from error
    except (OSError, ValueError, KeyError) as error:
        # A program is missing or its output is not valid; the message may contain keys.
        raise CredentialsError(
            f"profile `{profile or 'default'}` gave no credentials: {type(error).__name__}",
            remedy="run the program that its `credential_process` names to see the error",
        ) from error


def _no_credentials(profile: str) -> CredentialsError:
    if profile:
        return CredentialsError(
            f"profile `{profile}` has no credentials",
            remedy=f"run `aws configure --profile {profile}`, or use another `--profile`",
            slug="no-credentials",
        )
    return CredentialsError(
        "no credentials were found",
        remedy="name a `--profile`, export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
        "or read public buckets with `--anonymous`",
        slug="no-credentials",
    )


def _has_signed(keys: Keys, request: bytes) -> bool:
    if f"Credential={keys.access_key}/".encode() not in request:
        return False
    # Renewed credentials may have the same access key, so the token decides.
    return not keys.token or keys.token.encode() in request
