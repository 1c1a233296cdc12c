"""One frozen Settings: defaults, overridden by a file, the environment and typed options.

Each field is declared once, here. Its key in files, its environment variable (``S3NAV_`` and the
name in upper case), its help and its row in ``config show`` follow from it.
"""

import contextlib
import json
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from s3nav.model.errors import UsageError
from s3nav.model.text.older_keys import OLD_VERIFY, OLDER_KEYS, translate_old_keys
from s3nav.model.text.plain_messages import command, misfit, nearest, one_line, unfit_text

ENVIRONMENT_PREFIX = "S3NAV_"
GIVEN_KEYS = "given keys"
"""The profile's name when access keys were given by options, a file or the environment."""
SECRET_FIELDS = frozenset(
    {"access_key", "secret_key", "session_token", "mongodb_connection_string", "api_token"}
)
_TRIMMED = frozenset(
    {"access_key", "secret_key", "session_token", "profile", "region", "endpoint_url"}
)
"""Settings without white space around them: secrets of CI systems often end with a newline."""
HIDDEN = "…"
EVERY_SETTING = f"`{command('config', 'create', 'all.toml')}` writes a file with every setting"
_LOCAL_PATHS = frozenset(
    {"aws_list_all", "ca_bundle", "data_dir", "log_file", "pricing_cache_dir", "pricing_output_dir"}
    | {"temp_directory_base"}
)
"""Local paths need not be UTF-8, except `download_dir`, which is stored in the journal."""
_VARIABLE = "environment "
_OTHER_VARIABLES = {
    name.upper(): name
    for name in (
        "mongodb_connection_string",
        "mongodb_database_name",
        "temp_directory_base",
        "file_watcher_timeout",
        "max_concurrent_scrapes",
    )
}
"""Variables of the aws-architecture-scraper; those with s3nav's prefix override them."""

SizeFormat = Literal["auto", "binary", "bytes", "kb", "mb", "gb", "tb"]
DateFormat = Literal["month_first", "year_first", "day_first"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
VerifyMode = Literal["auto", "full", "none"]
_Few = Annotated[int, Meta(ge=0, le=64)]


def _help(text: str) -> Meta:
    return Meta(description=text)


class Dataset(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ``[datasets.NAME]`` section: named prefixes of one bucket."""

    bucket: str
    paths: dict[str, str]
    """Prefixes by name, for ``download --paths NAME``."""
    requester_pays: bool = False
    date_pattern: str = ""
    """Date format in keys, e.g. ``%Y/%m/%d``; empty to use the time of the last change."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings; times in seconds and sizes in bytes unless the name has another unit."""

    profile: Annotated[str | None, _help("credential profile to use")] = None
    use_aws_cli_creds: Annotated[
        bool, _help("use only profiles in ~/.aws, not those in s3nav's own store")
    ] = False
    access_key: Annotated[str | None, _help("access key ID, instead of a profile")] = None
    secret_key: Annotated[str | None, _help("secret access key")] = None
    session_token: Annotated[str | None, _help("session token of temporary credentials")] = None
    anonymous: Annotated[bool, _help("do not sign requests; public buckets only")] = False
    region: Annotated[str | None, _help("first region; those of buckets are detected")] = None
    endpoint_url: Annotated[str | None, _help("URL of another S3: MinIO, Ceph, R2, Wasabi…")] = None
    path_style: Annotated[
        bool | None, _help("bucket in the URL path; default: only with an endpoint URL")
    ] = None
    verify_ssl: Annotated[bool, _help("verify the certificate of the endpoint")] = True
    ca_bundle: Annotated[str | None, _help("PEM file of certificates to trust")] = None
    connect_timeout_s: Annotated[float, Meta(gt=0, description="most seconds to connect")] = 3.0
    read_timeout_s: Annotated[
        float, Meta(gt=0, description="longest silence on a connection, in seconds")
    ] = 20.0

    download_dir: Annotated[str, _help("download directory: files are DIR/bucket/key")] = "data"
    parallel_downloads: Annotated[
        Annotated[int, Meta(ge=1, le=1000)] | None, _help("fixed number of workers; default: tuned")
    ] = None
    bandwidth: Annotated[str, _help("limit, as 50MB/s, or by hours: 08:00-18:00=10MB/s,*=off")] = ""
    part_bytes: Annotated[
        int,
        Meta(ge=64 * 1024, description="size of the parts of larger objects, in bytes"),
    ] = 16 * 1024 * 1024
    overwrite_existing: Annotated[bool, _help("download files again that exist already")] = False
    verify: Annotated[
        VerifyMode,
        _help("auto: the checksum S3 offers; full: also read files again; none"),
    ] = "auto"
    allow_write: Annotated[bool, _help("let `put`, `cp` and the cockpit write to S3")] = False
    retry_attempts: Annotated[
        int,
        Meta(
            ge=0,
            le=100,
            description="retries of a failed request; twice as many when throttled",
        ),
    ] = 5
    max_file_size_mb: Annotated[
        Annotated[float, Meta(gt=0)] | None, _help("skip larger objects (MB = 10^6 bytes)")
    ] = None
    file_extensions: Annotated[
        tuple[str, ...], _help("download only these suffixes, e.g. .png; default: all")
    ] = ()
    buckets: Annotated[tuple[str, ...], _help("buckets to download if none is named")] = ()
    prefixes: Annotated[tuple[str, ...], _help("prefixes to download within the buckets")] = ()

    pricing_base_url: Annotated[str, _help("URL of the price list")] = (
        "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws"
    )
    pricing_cache_dir: Annotated[str, _help("directory of compressed price files")] = (
        ".cache/aws_pricing"
    )
    pricing_output_dir: Annotated[str, _help("directory of price files")] = "data/aws_pricing"
    pricing_max_concurrent_downloads: Annotated[
        int, Meta(ge=1, le=1000, description="most price files fetched at once")
    ] = 50
    pricing_tcp_connector_limit: Annotated[
        int, Meta(ge=1, le=10_000, description="most connections to the price list")
    ] = 100
    pricing_request_timeout: Annotated[
        float, Meta(gt=0, description="longest silence of the price list, in seconds")
    ] = 300.0
    pricing_max_retries: Annotated[
        Annotated[int, Meta(ge=0, le=100)] | None,
        _help("retries of a price file; default: `retry_attempts`"),
    ] = None
    pricing_retry_min_wait: Annotated[
        float, Meta(ge=0, description="shortest wait before a retry, in seconds")
    ] = 1.0
    pricing_retry_max_wait: Annotated[
        float, Meta(ge=0, description="longest wait before a retry, in seconds")
    ] = 60.0
    transfer_to: Annotated[
        str, _help("priced destination: internet, same-region, cloudfront or a region")
    ] = "internet"
    free_tier_used: Annotated[str, _help("free transfer already used this month, e.g. 40GiB")] = "0"

    mongodb_connection_string: Annotated[
        str | None, _help("store scrapes in this MongoDB; default: in the data directory")
    ] = None
    mongodb_database_name: Annotated[str, _help("MongoDB database of scrapes")] = "aws_scraper_db"
    temp_directory_base: Annotated[
        str | None, _help("directory where aws-list-all writes; default: the system's")
    ] = None
    aws_list_all: Annotated[
        str | None, _help("virtual environment of aws-list-all; default: from `engine install`")
    ] = None
    file_watcher_timeout: Annotated[
        float, Meta(gt=0, description="longest wait for the last files, in seconds")
    ] = 30.0
    max_concurrent_scrapes: Annotated[
        int, Meta(ge=1, le=64, description="most scrapes at once; others wait")
    ] = 3
    api_token: Annotated[
        str | None, _help("token for clients of `serve`; required except on loopback")
    ] = None
    reuse_scans_s: Annotated[
        float, Meta(ge=0, description="reuse scans younger than this, in seconds; 0: never")
    ] = 900.0
    keep_scans: Annotated[
        int, Meta(ge=1, description="scans kept of each place; older ones are deleted")
    ] = 10
    list_processes: Annotated[_Few | None, _help("extra processes to list; unset: by cores")] = None

    size_format: Annotated[SizeFormat, _help("unit of sizes")] = "auto"
    date_format: Annotated[DateFormat, _help("order of dates")] = "month_first"
    theme: Annotated[str, _help("theme of the cockpit")] = "s3nav-dark"
    ascii_icons: Annotated[bool, _help("plain ASCII instead of blocks and arrows")] = False

    data_dir: Annotated[str | None, _help("directory of journal, scans and logs")] = None
    log_level: Annotated[LogLevel, _help("lowest level that is logged")] = "INFO"
    log_file: Annotated[str | None, _help("JSON lines log; default: in the data directory")] = None

    # Must be last: in a TOML file, keys after its table would belong to the table.
    datasets: Annotated[
        dict[str, Dataset],
        _help("named datasets: bucket, paths (name = prefix), requester_pays, date_pattern"),
    ] = {}

    def __repr__(self) -> str:
        """Hide secrets, because reprs appear in logs and tracebacks."""
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"Settings({shown})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        """Return every setting, with secrets as ``…``."""
        return [(n, shown_value(n, value)) for n, value in msgspec.structs.asdict(self).items()]


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """Settings and the source of each value."""

    settings: Settings
    sources: Mapping[str, str]
    """Field name to ``default``, a file's path, ``environment NAME`` or ``flag``."""
    endpoint_name: str = ""
    """The endpoint's name in scans if its URL changes between runs; empty to use the URL."""


class FieldFact(msgspec.Struct, frozen=True, kw_only=True):
    """The declaration of one setting."""

    name: str
    help: str
    default: object
    environment: str
    choices: tuple[str, ...] = ()
    """All allowed values; empty if they cannot be listed."""

    @property
    def is_secret(self) -> bool:
        """True if its value must not be shown."""
        return self.name in SECRET_FIELDS


def fields() -> Iterator[FieldFact]:
    """Yield all settings in the order of their declaration."""
    hints = typing.get_type_hints(Settings, include_extras=True)
    for field in msgspec.structs.fields(Settings):
        kind, *metas = typing.get_args(hints[field.name])
        is_closed = typing.get_origin(kind) is Literal
        yield FieldFact(
            name=field.name,
            help=metas[0].description or "",
            default=_default(field),
            environment=ENVIRONMENT_PREFIX + field.name.upper(),
            choices=typing.get_args(kind) if is_closed else (),
        )


def _default(field: msgspec.structs.FieldInfo) -> object:
    factory = field.default_factory
    return field.default if factory is msgspec.NODEFAULT else factory()


def shown_value(name: str, value: object) -> object:
    """Return a setting's value for display; a secret becomes ``…``."""
    return HIDDEN if name in SECRET_FIELDS and value is not None else value


def load_settings(
    *,
    file: Path | None,
    must_exist: bool,
    environment: Mapping[str, str],
    flags: Mapping[str, object],
    typed_as: Mapping[str, str] = MappingProxyType({}),
) -> Loaded:
    """Merge the layers. Flags that are None are ignored; `typed_as` has the flags' options.

    Raises UsageError, which names the source, for a missing, unreadable or malformed file, an
    unknown key (with the closest known one) and a value of the wrong type.
    """
    values: dict[str, object] = {}
    sources = {fact.name: "default" for fact in fields()}
    for source, layer in (
        *_file_layer(file, must_exist=must_exist),
        *_environment_layer(environment),
        ("flag", {name: value for name, value in flags.items() if value is not None}),
    ):
        current = translate_old_keys(layer, source) if OLDER_KEYS & layer.keys() else layer
        for name, value in current.items():
            _check_known(name, source)
            _check_value(name, value, source, typed_as)
            is_trimmed = name in _TRIMMED and isinstance(value, str)
            values[name] = str(value).strip() if is_trimmed else value
            sources[name] = source
    return Loaded(settings=msgspec.convert(values, Settings, strict=False), sources=sources)


def _file_layer(file: Path | None, *, must_exist: bool) -> Iterator[tuple[str, dict[str, object]]]:
    if file is None or not (must_exist or file.exists()):
        return
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(
            f"cannot read settings `{file}`: {error.strerror}",
            remedy=f"`{command('config', 'create')}` writes one",
        ) from error
    yield str(file), _parse(file, content)


def _parse(file: Path, content: bytes) -> dict[str, object]:
    from s3nav.settings_text import parse_settings_text

    try:
        parsed = parse_settings_text(content, file.suffix)
    except ValueError as error:
        reason = one_line(str(error))
        raise UsageError(f"settings `{file}` cannot be parsed: {reason}") from error
    if not isinstance(parsed, dict):
        raise UsageError(f"settings `{file}` must be keys with values")
    return {str(name): value for name, value in parsed.items()}


def _environment_layer(env: Mapping[str, str]) -> Iterator[tuple[str, dict[str, object]]]:
    by_variable = _OTHER_VARIABLES | {fact.environment: fact.name for fact in fields()}
    by_variable[ENVIRONMENT_PREFIX + OLD_VERIFY.upper()] = OLD_VERIFY
    for variable, text in sorted(env.items()):
        if variable in by_variable:
            name = by_variable[variable]
            yield _VARIABLE + variable, {name: _split(name, text)}


def _split(name: str, text: str) -> object:
    """Parse a variable: lists are separated by commas, tables are JSON."""
    hint = typing.get_type_hints(Settings).get(name)
    if typing.get_origin(hint) is dict:
        from s3nav.settings_text import parse_settings_text

        with contextlib.suppress(ValueError):  # `_check_value` reports text that is not JSON
            return parse_settings_text(text.encode(), ".json")
    if typing.get_origin(hint) is tuple:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _check_known(name: str, source: str) -> None:
    known = [fact.name for fact in fields()]
    if name not in known:
        raise UsageError(
            f"unknown setting `{name}` in {source}",
            remedy=nearest(name, known) or f"remove it; {EVERY_SETTING}",
            slug="bad-setting",
        )


def _values(fact: FieldFact) -> str:
    """A setting's allowed values, help and default."""
    allowed = f"one of {', '.join(fact.choices)}; " if fact.choices else ""
    default = "" if fact.default is None else f" (by default {json.dumps(fact.default)})"
    return f"{allowed}{fact.help}{default}"


def _check_value(name: str, value: object, source: str, typed_as: Mapping[str, str]) -> None:
    hint = typing.get_type_hints(Settings, include_extras=True)[name]
    fact = next(fact for fact in fields() if fact.name == name)
    file, shown_name, remedy = "", typed_as.get(name, name), f"it is: {fact.help}"
    if source.startswith(_VARIABLE):
        shown_name = source.removeprefix(_VARIABLE)
    elif source != "flag":
        file, shown_name = f"{source}: ", name
        remedy = f"correct `{name}` in `{source}`: {_values(fact)}"
    if unfit := unfit_text(value, is_path=name in _LOCAL_PATHS):
        raise UsageError(f"{file}`{shown_name}` {unfit}", remedy=remedy, slug="bad-setting")
    try:
        msgspec.convert(value, hint, strict=False)
    except msgspec.ValidationError as error:
        shown = shown_value(name, str(value).lower() if isinstance(value, bool) else value)
        raise UsageError(
            file + misfit(error, shown_name, value=shown, choices=fact.choices),
            remedy=remedy,
            slug="bad-setting",
        ) from error
