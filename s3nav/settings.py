"""One frozen Settings: defaults, then a file, then the environment, then what was typed.

A field is declared once here; the file key, the environment variable (``S3NAV_`` and the name in
upper case), the reference and ``config show`` come from it.
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
"""What stands for the profile when access keys were given with flags, a file or the environment."""
SECRET_FIELDS = frozenset(
    {"access_key", "secret_key", "session_token", "mongodb_connection_string", "api_token"}
)
HIDDEN = "…"
EVERY_SETTING = f"`{command('config', 'create', 'all.toml')}` writes a file with every setting"
_LOCAL_PATHS = frozenset(
    {"aws_list_all", "ca_bundle", "data_dir", "log_file", "pricing_cache_dir", "pricing_output_dir"}
    | {"temp_directory_base"}
)
"""Names of files, which need not be UTF-8; `download_dir` is kept in the journal, and must be."""
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
"""Variables of the aws-architecture-scraper; those with s3nav's own prefix go before them."""

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
    """Name to prefix; ``download --paths NAME`` takes it."""
    requester_pays: bool = False
    date_pattern: str = ""
    """How keys write their date, as in ``%Y/%m/%d``; empty: dates are those of last change."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a user may set. Times in seconds, sizes in bytes unless the name says else."""

    profile: Annotated[str | None, _help("credential profile to use")] = None
    use_aws_cli_creds: Annotated[
        bool, _help("take the profile from ~/.aws only, never from s3nav's own store")
    ] = False
    access_key: Annotated[str | None, _help("access key id, instead of a profile")] = None
    secret_key: Annotated[str | None, _help("secret access key")] = None
    session_token: Annotated[str | None, _help("session token of temporary credentials")] = None
    anonymous: Annotated[bool, _help("do not sign requests; public buckets only")] = False
    region: Annotated[str | None, _help("region to start from; buckets are found anyway")] = None
    endpoint_url: Annotated[str | None, _help("another S3: MinIO, Ceph, R2, Wasabi…")] = None
    path_style: Annotated[
        bool | None, _help("bucket in the path, not in the host; unset: with an endpoint URL")
    ] = None
    verify_ssl: Annotated[bool, _help("check the certificate of the endpoint")] = True
    ca_bundle: Annotated[str | None, _help("file of certificates to trust instead")] = None
    connect_timeout_s: Annotated[float, Meta(gt=0, description="longest wait to connect")] = 3.0
    read_timeout_s: Annotated[
        float, Meta(gt=0, description="longest silence on a connection before it is replaced")
    ] = 20.0

    download_dir: Annotated[str, _help("where downloads go: DIR/bucket/key")] = "data"
    parallel_downloads: Annotated[
        Annotated[int, Meta(ge=1, le=1000)] | None, _help("fixed number of workers; unset: tuned")
    ] = None
    bandwidth: Annotated[
        str, _help("most bytes a second: 50MB/s, or by hours: 08:00-18:00=10MB/s,*=off")
    ] = ""
    part_bytes: Annotated[
        int,
        Meta(ge=64 * 1024, description="objects larger than this are fetched in parts of it"),
    ] = 16 * 1024 * 1024
    overwrite_existing: Annotated[bool, _help("fetch again what is already there")] = False
    verify: Annotated[
        VerifyMode,
        _help("proof of the bytes: the cheapest S3 allows, the same and the disk read again, none"),
    ] = "auto"
    allow_write: Annotated[bool, _help("let `put`, `cp` and the cockpit write to S3")] = False
    retry_attempts: Annotated[
        int,
        Meta(
            ge=0,
            le=100,
            description="how often a failed request is made again; twice that when throttled",
        ),
    ] = 5
    max_file_size_mb: Annotated[
        Annotated[float, Meta(gt=0)] | None, _help("skip larger objects (MB = 10^6 bytes)")
    ] = None
    file_extensions: Annotated[
        tuple[str, ...], _help("fetch only these endings, e.g. .png; empty: all")
    ] = ()
    buckets: Annotated[tuple[str, ...], _help("buckets to download when none is named")] = ()
    prefixes: Annotated[tuple[str, ...], _help("prefixes to download within the buckets")] = ()

    pricing_base_url: Annotated[str, _help("where the price list is")] = (
        "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws"
    )
    pricing_cache_dir: Annotated[str, _help("price files as fetched, packed")] = (
        ".cache/aws_pricing"
    )
    pricing_output_dir: Annotated[str, _help("price files to use")] = "data/aws_pricing"
    pricing_max_concurrent_downloads: Annotated[
        int, Meta(ge=1, le=1000, description="price files fetched at once, at most")
    ] = 50
    pricing_tcp_connector_limit: Annotated[
        int, Meta(ge=1, le=10_000, description="connections to the price list, at most")
    ] = 100
    pricing_request_timeout: Annotated[
        float, Meta(gt=0, description="longest silence of the price list, in seconds")
    ] = 300.0
    pricing_max_retries: Annotated[
        Annotated[int, Meta(ge=0, le=100)] | None,
        _help("how often a price file is asked for again in vain; unset: as `retry_attempts` says"),
    ] = None
    pricing_retry_min_wait: Annotated[
        float, Meta(ge=0, description="shortest wait before asking again, in seconds")
    ] = 1.0
    pricing_retry_max_wait: Annotated[
        float, Meta(ge=0, description="longest wait before asking again, in seconds")
    ] = 60.0
    transfer_to: Annotated[
        str, _help("where bytes are priced to go: internet, same-region, cloudfront or a region")
    ] = "internet"
    free_tier_used: Annotated[
        str, _help("of this month's free transfer, what is used already: 40GiB")
    ] = "0"

    mongodb_connection_string: Annotated[
        str | None, _help("keep scrapes in this MongoDB; unset: in a file of the data directory")
    ] = None
    mongodb_database_name: Annotated[str, _help("database of scrapes")] = "aws_scraper_db"
    temp_directory_base: Annotated[
        str | None, _help("where aws-list-all writes; unset: where the system keeps such files")
    ] = None
    aws_list_all: Annotated[
        str | None, _help("virtual environment of aws-list-all; unset: that of `engine install`")
    ] = None
    file_watcher_timeout: Annotated[
        float, Meta(gt=0, description="seconds that files may take to be read at the end")
    ] = 30.0
    max_concurrent_scrapes: Annotated[
        int, Meta(ge=1, le=64, description="scrapes that run at once; others wait")
    ] = 3
    api_token: Annotated[
        str | None, _help("what clients of `serve` must present; needed beyond this machine")
    ] = None
    reuse_scans_s: Annotated[
        float, Meta(ge=0, description="a complete scan this young is not made again; 0: always")
    ] = 900.0
    keep_scans: Annotated[
        int, Meta(ge=1, description="scans kept of each place, to be compared; older ones go")
    ] = 10
    list_processes: Annotated[_Few | None, _help("more processes to list; unset: by cores")] = None

    size_format: Annotated[SizeFormat, _help("unit of sizes")] = "auto"
    date_format: Annotated[DateFormat, _help("order of dates")] = "month_first"
    theme: Annotated[str, _help("theme of the cockpit")] = "s3nav-dark"
    ascii_icons: Annotated[bool, _help("plain ASCII instead of blocks and arrows")] = False

    data_dir: Annotated[str | None, _help("where s3nav keeps journal, scans and logs")] = None
    log_level: Annotated[LogLevel, _help("least important message that is logged")] = "INFO"
    log_file: Annotated[str | None, _help("JSON-lines log; unset: in the data directory")] = None

    # The last one: in a TOML file its table ends what stands before it.
    datasets: Annotated[
        dict[str, Dataset],
        _help("named datasets: bucket, paths (name = prefix), requester_pays, date_pattern"),
    ] = {}

    def __repr__(self) -> str:
        """Without secrets: a repr ends up in logs and tracebacks."""
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"Settings({shown})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        """Every setting, secrets as ``…``."""
        return [(n, shown_value(n, value)) for n, value in msgspec.structs.asdict(self).items()]


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """Settings and where each value came from."""

    settings: Settings
    sources: Mapping[str, str]
    """Field name to ``default``, a file's path, ``environment NAME`` or ``flag``."""
    endpoint_name: str = ""
    """What scans name the endpoint, when its URL differs from run to run; empty: its URL."""


class FieldFact(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one setting."""

    name: str
    help: str
    default: object
    environment: str
    choices: tuple[str, ...] = ()
    """What it can be, when that is a closed list."""

    @property
    def is_secret(self) -> bool:
        """True when its value must never be shown."""
        return self.name in SECRET_FIELDS


def fields() -> Iterator[FieldFact]:
    """All settings, in the order they are declared."""
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
    """A setting's value as it may be shown: a secret that is set becomes ``…``."""
    return HIDDEN if name in SECRET_FIELDS and value is not None else value


def load_settings(
    *,
    file: Path | None,
    must_exist: bool,
    environment: Mapping[str, str],
    flags: Mapping[str, object],
    typed_as: Mapping[str, str] = MappingProxyType({}),
) -> Loaded:
    """Merge the layers; a flag that is None was not typed. `typed_as` names their options.

    Raises UsageError for a missing, unreadable or malformed file, an unknown key (with the
    nearest known one) and a value of the wrong type, always naming where it stands.
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
            values[name] = value
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
            remedy=f"`{command('config', 'create')}` makes one",
        ) from error
    yield str(file), _parse(file, content)


def _parse(file: Path, content: bytes) -> dict[str, object]:
    is_yaml = file.suffix.lower() in {".yaml", ".yml"}
    try:
        text = content.decode()
        if file.suffix.lower() == ".json":
            parsed = json.loads(text)
        else:
            parsed = _parse_yaml(text) if is_yaml else _parse_toml(text)
    except RecursionError as error:
        raise UsageError(f"settings `{file}` cannot be parsed: nested too deep") from error
    except ValueError as error:
        reason = one_line(str(error))
        raise UsageError(f"settings `{file}` cannot be parsed: {reason}") from error
    if not isinstance(parsed, dict):
        raise UsageError(f"settings `{file}` must be keys with values")
    return {str(name): value for name, value in parsed.items()}


def _parse_toml(text: str) -> object:
    import tomllib

    return tomllib.loads(text)


def _parse_yaml(text: str) -> object:
    """Raises ValueError, as the other parsers do; it quotes no line, which may hold a secret."""
    import yaml

    try:
        return yaml.safe_load(text) or {}
    except yaml.MarkedYAMLError as error:
        where = f" at line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ValueError(f"{error.problem}{where}") from error
    except yaml.YAMLError as error:
        raise ValueError("it is not YAML") from error


def _environment_layer(env: Mapping[str, str]) -> Iterator[tuple[str, dict[str, object]]]:
    by_variable = _OTHER_VARIABLES | {fact.environment: fact.name for fact in fields()}
    by_variable[ENVIRONMENT_PREFIX + OLD_VERIFY.upper()] = OLD_VERIFY
    for variable, text in sorted(env.items()):
        if variable in by_variable:
            name = by_variable[variable]
            yield _VARIABLE + variable, {name: _split(name, text)}


def _split(name: str, text: str) -> object:
    """A list is written with commas in the environment, a table as JSON."""
    hint = typing.get_type_hints(Settings).get(name)
    if typing.get_origin(hint) is dict:
        with contextlib.suppress(ValueError):  # what is no JSON is no table either
            return json.loads(text)
    if typing.get_origin(hint) is tuple:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _check_known(name: str, source: str) -> None:
    known = [fact.name for fact in fields()]
    if name not in known:
        raise UsageError(
            f"unknown setting `{name}` in {source}",
            remedy=nearest(name, known) or f"take it out; {EVERY_SETTING}",
            slug="bad-setting",
        )


def _values(fact: FieldFact) -> str:
    """What a setting can be, and what it is."""
    allowed = f"one of {', '.join(fact.choices)}; " if fact.choices else ""
    default = "" if fact.default is None else f" (by default {json.dumps(fact.default)})"
    return f"{allowed}{fact.help}{default}"


def _check_value(name: str, value: object, source: str, typed_as: Mapping[str, str]) -> None:
    hint = typing.get_type_hints(Settings, include_extras=True)[name]
    fact = next(fact for fact in fields() if fact.name == name)
    file, said, remedy = "", typed_as.get(name, name), f"it is: {fact.help}"
    if source.startswith(_VARIABLE):
        said = source.removeprefix(_VARIABLE)
    elif source != "flag":
        file, said = f"{source}: ", name
        remedy = f"correct `{name}` in `{source}`: {_values(fact)}"
    if unfit := unfit_text(value, is_path=name in _LOCAL_PATHS):
        raise UsageError(f"{file}`{said}` {unfit}", remedy=remedy, slug="bad-setting")
    try:
        msgspec.convert(value, hint, strict=False)
    except msgspec.ValidationError as error:
        shown = shown_value(name, str(value).lower() if isinstance(value, bool) else value)
        raise UsageError(
            file + misfit(error, said, value=shown, choices=fact.choices),
            remedy=remedy,
            slug="bad-setting",
        ) from error
