"""The composition root: connects the packages according to the settings, for the front ends."""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from s3nav import aws  # loads nothing before it is used
from s3nav.model.errors import LocalDiskError
from s3nav.model.places import S3Connection
from s3nav.model.ports.stores import ObjectStore, ObjectWriter, OperationCaller
from s3nav.model.stream import EventStream
from s3nav.persistence import Directories
from s3nav.settings import GIVEN_KEYS, Loaded, Settings

if TYPE_CHECKING:
    from s3nav.aws import Identity, ProfileFact
    from s3nav.browse import InventoryListing, Scans
    from s3nav.model.events import Event
    from s3nav.pricing import Budget, DollarMeter, Estimator, Prices, Tariff
    from s3nav.scrape import Scrapes
    from s3nav.transfer import EngineTuning, PlanReader, Transfers, UploadAccess

StoreOpener = Callable[[Settings, Directories], ObjectStore]
SenderOpener = Callable[[Settings, Directories, Callable[[str], str]], ObjectWriter]
IdentityCheck = Callable[[Settings, Directories], "Identity"]
CallerOpener = Callable[[Settings, Directories, float], OperationCaller]


PRICING = "pricing_"
"""The prefix of the settings for the price list."""
DEFAULT_PRICE_REGION = "us-east-1"


class Session:
    """The parts of one run of s3nav, each opened at its first use. Thread-safe."""

    def __init__(
        self,
        loaded: Loaded,
        environment: Mapping[str, str],
        *,
        # A lambda loads its function when it is called.
        open_store: StoreOpener = lambda *given: aws.open_store(*given),  # noqa: PLW0108
        open_writer: SenderOpener = lambda *given: aws.open_writer(*given),  # noqa: PLW0108
        check_identity: IdentityCheck = lambda *given: aws.check_identity(*given),  # noqa: PLW0108
        open_caller: CallerOpener = lambda *given: aws.open_caller(*given),  # noqa: PLW0108
    ) -> None:
        self.settings = self._given = loaded.settings
        self.sources = loaded.sources
        self._endpoint_name = loaded.endpoint_name
        self.directories = Directories.of_user(loaded.settings.data_dir)
        self._environment = environment
        self._open_store = open_store
        self._open_writer = open_writer
        self._check_identity = check_identity
        self._open_caller = open_caller
        self._lock = threading.RLock()
        self._stream: EventStream | None = None
        self._meter: DollarMeter | None = None
        self._store: ObjectStore | None = None
        self._connection: S3Connection | None = None
        self._identity: Identity | None = None
        self._transfers: Transfers | None = None
        self.counts_all_requests = False
        """True to meter requests outside jobs too; the cockpit shows their cost."""
        self._scrapes: Scrapes | None = None
        self._prices: Prices | None = None
        self._scans: Scans | None = None

    @property
    def stream(self) -> EventStream:
        """The stream on which all parts publish their events."""
        with self._lock:
            if self._stream is None:
                self._stream = EventStream()
            return self._stream

    @property
    def meter(self) -> "DollarMeter":
        """Counts the requests of each job."""
        from s3nav.pricing import DollarMeter

        with self._lock:
            if self._meter is None:
                self._meter = DollarMeter()
            return self._meter

    def profiles(self) -> "tuple[ProfileFact, ...]":
        """Every profile, with its problem if it is unusable; sends no request."""
        return aws.list_profiles(self.settings, self.directories, self._environment)

    def store(self, *, metered: bool = False) -> ObjectStore:
        """S3 with the current credentials. Raises CredentialsError."""
        store = self._opened_store()
        if not (metered or self.counts_all_requests):
            return store
        from s3nav.middleware import StoreMiddleware

        return StoreMiddleware(lambda: store, meter=self.meter)

    def retrying_store(
        self, check: Callable[[], None] = lambda: None, *, metered: bool = False
    ) -> ObjectStore:
        """The same for single requests, made again when they fail; a GET is not.

        `check` may raise to give up. Listings, scans and transfers take `store`.
        """
        from s3nav.middleware import StoreMiddleware
        from s3nav.retries import RequestRetries

        store, retries = self._opened_store(), RequestRetries(self.settings.retry_attempts)
        meter = self.meter if metered or self.counts_all_requests else None
        return StoreMiddleware(lambda: store, retries=retries, check=check, meter=meter)

    def _opened_store(self) -> ObjectStore:
        with self._lock:
            if self._store is None:
                self._store = self._open_store(self.settings, self.directories)
            return self._store

    def connection(self) -> S3Connection:
        """Which S3 this session uses, for jobs, plans and scans; no request. Raises UsageError."""
        with self._lock:
            if self._connection is None:
                self._connection = aws.connection_of(
                    self.settings, self.directories, self._environment, name=self._endpoint_name
                )
            account = self._identity.account if self._identity is not None else ""
            return msgspec.structs.replace(self._connection, account=account)

    def use_connection(self, connection: S3Connection) -> None:
        """Use the S3 of a job, in a session that has opened nothing but its journal."""
        with self._lock:
            self.settings = aws.connected_as(self.settings, connection)
            self._connection = None

    def identity(self) -> "Identity":
        """Whose the credentials are; requested once. Raises CredentialsError, UnavailableError."""
        with self._lock:
            known, settings = self._identity, self.settings
        if known is not None:
            return known
        # Without the lock, so that other threads can list buckets meanwhile.
        identity = self._check_identity(settings, self.directories)
        with self._lock:
            if self.settings is settings:
                self._identity = identity
        return identity

    def transfers(self) -> "Transfers":
        """Downloads, uploads and copies. Raises LocalDiskError for an unusable journal.

        Uploads and copies are refused unless the settings allow writing.
        """
        from s3nav.middleware import StoreMiddleware
        from s3nav.transfer import Transfers

        with self._lock:
            if self._transfers is None:
                self._transfers = Transfers(
                    # Opened by the first request: the journal can be read without credentials.
                    store=StoreMiddleware(self._opened_store, meter=self.meter),
                    journal_file=self.directories.journal_file,
                    publish=self.stream.publish,
                    requests_of=self.meter.of,
                    tuning=_engine_tuning(self.settings),
                    upload_access=self._upload_access,
                    connection=self.connection,
                )
            return self._transfers

    def _upload_access(self) -> "UploadAccess":
        """Raises CredentialsError."""
        from s3nav.transfer import UploadAccess

        store, settings = self.retrying_store(metered=True), self.settings
        return UploadAccess(
            store=store,
            open_writer=lambda: self._open_writer(settings, self.directories, store.bucket_region),
            allow_write=settings.allow_write,
            workers=settings.parallel_downloads,
        )

    def plan_reader(self) -> "PlanReader":
        """Reads the plan of a download; opens the journal only to judge files that exist."""
        from s3nav.transfer import PlanReader

        return PlanReader(
            self.store(),
            part_bytes=self.settings.part_bytes,
            retry_attempts=self.settings.retry_attempts,
            stored_files=lambda bucket, key: self.transfers().stored_files(bucket, key),
            is_shared=lambda target: _is_shared(target, self.directories, self.transfers),
        )

    @cached_property
    def tariff(self) -> "Tariff":
        """The prices of S3, from the newest price list; read at the first use."""
        from s3nav.pricing import IndexedPrices, open_tariff

        file = self.directories.prices_file
        return open_tariff(IndexedPrices(file, lambda: self.prices().catalogue))

    def estimator(self) -> "Estimator":
        """Prices usage of S3 with this user's billing options. Raises UsageError."""
        from s3nav.pricing import Estimator, read_billing_options

        terms = read_billing_options(
            to=self.settings.transfer_to, free_tier_used=self.settings.free_tier_used
        )
        self.tariff.refresh()
        return Estimator(self.tariff, terms, lambda name: self.retrying_store().bucket_region(name))

    def limit(self, job_id: str, budget_usd: Decimal) -> None:
        """Pause a job before its bill exceeds a budget. Raises NotFoundError."""
        budget = _budget_of(self.transfers(), job_id, budget_usd, self.estimator())
        self.meter.limit(job_id, budget)

    def scrapes(self) -> "Scrapes":
        """Scrapes of the account; opens its store and AWS when needed."""
        with self._lock:
            if self._scrapes is None:
                self._scrapes = _open_scrapes(
                    self.settings, self.directories, self._open_caller, self.stream.publish
                )
            return self._scrapes

    def prices(self) -> "Prices":
        """The price list and its catalogue, for all profiles."""
        with self._lock:
            if self._prices is None:
                self._prices = _open_prices(self._given, self.directories)
            return self._prices

    def scans(self) -> "Scans":
        """Scans of places; the file is opened at the first use."""
        with self._lock:
            if self._scans is None:
                self._scans = _open_scans(
                    self.settings,
                    self.directories,
                    self.store,
                    self.stream.publish,
                    self.connection,
                )
            return self._scans

    def inventory(self, manifest: str, *, requester_pays: bool = False) -> "InventoryListing":
        """Open an S3 Inventory as the listing of a download. Raises S3NavError."""
        from s3nav.browse import open_inventory

        return open_inventory(
            manifest,
            open_store=partial(self.store, metered=True),
            directory=self.directories.scans_file.parent,
            retry_attempts=self.settings.retry_attempts,
            requester_pays=requester_pays,
        )

    def use_profile(self, name: str | None) -> None:
        """Switch to another profile; running jobs are stopped and can be resumed."""
        given = self._given
        with self._lock:
            self._close_parts()
            self.settings = given if name == GIVEN_KEYS else _as_profile(given, name)

    def close(self) -> None:
        """Stop the engine at a safe point and close connections. Calling it twice is fine."""
        with self._lock:
            self._close_parts()
            if self._prices is not None:
                self._prices.close()
            self._prices = None

    def _close_parts(self) -> None:
        for part in (self._transfers, self._scrapes, self._scans, self._store):
            if part is not None:
                part.close()
        self._transfers = self._store = self._identity = self._connection = None
        self._scrapes = self._scans = None


def _is_shared(
    target: Path, directories: Directories, transfers: Callable[[], "Transfers"]
) -> bool:
    """See `PlanReader`. Without a journal a plan can still be asked for, and nothing be fetched."""
    with suppress(LocalDiskError):
        return directories.journal_file.exists() and transfers().targets.is_shared(target)
    return False


def _budget_of(
    transfers: "Transfers", job_id: str, budget_usd: Decimal, estimator: "Estimator"
) -> "Budget":
    from s3nav.pricing import Allowance, Budget

    usage = transfers.usage(job_id)
    allowance = Allowance(
        usd=budget_usd,
        planned=usage.planned,
        asked=lambda: transfers.usage(job_id).made,
        requester_pays=usage.requester_pays,
        part_bytes=usage.part_bytes,
    )
    return Budget(allowance, estimator)


def _engine_tuning(settings: Settings) -> "EngineTuning":
    from s3nav.transfer import EngineTuning

    return EngineTuning(
        parallel=settings.parallel_downloads,
        retry_attempts=settings.retry_attempts,
        part_bytes=settings.part_bytes,
        bandwidth=settings.bandwidth,
    )


def _open_scrapes(
    settings: Settings,
    directories: Directories,
    open_caller: CallerOpener,
    publish: "Callable[[Event], None]",
) -> "Scrapes":
    from s3nav.scrape import Scrapes, ScrapeTuning, open_engine, open_resource_store

    return Scrapes(
        open_store=lambda: open_resource_store(settings, directories),
        open_caller=lambda rate, profile: open_caller(
            _as_profile(settings, profile) if profile else settings, directories, rate
        ),
        open_engine=open_engine(settings, directories),
        publish=publish,
        tuning=ScrapeTuning(
            work_directory=directories.scrapes_work,
            max_concurrent=settings.max_concurrent_scrapes,
            profile=settings.profile,
        ),
    )


def _open_scans(
    settings: Settings,
    directories: Directories,
    open_store: Callable[[], ObjectStore],
    publish: "Callable[[Event], None]",
    connection: Callable[[], S3Connection],
) -> "Scans":
    from s3nav.browse import ScanRetention, Scans

    return Scans(
        open_store=open_store,
        scans_file=directories.scans_file,
        publish=publish,
        retry_attempts=settings.retry_attempts,
        connection=connection,
        retention=ScanRetention(
            scans=settings.keep_scans, reuse=timedelta(seconds=settings.reuse_scans_s)
        ),
    )


def _open_prices(settings: Settings, directories: Directories) -> "Prices":
    from s3nav.pricing import Prices, load_config

    given = msgspec.structs.asdict(settings)
    if given["pricing_max_retries"] is None:
        given["pricing_max_retries"] = settings.retry_attempts
    names = [name for name in given if name.startswith(PRICING)]
    config = load_config(
        **{name.removeprefix(PRICING): given[name] for name in names},
        verify_ssl=settings.verify_ssl,
        ca_bundle=settings.ca_bundle,
        default_region=settings.region or DEFAULT_PRICE_REGION,
    )
    return Prices(config, directories.prices_file)


def _as_profile(settings: Settings, name: str | None) -> Settings:
    """Settings with another profile instead of given keys; None means the default profile."""
    return msgspec.structs.replace(
        settings,
        profile=name,
        access_key=None,
        secret_key=None,
        session_token=None,
        anonymous=False,
    )
