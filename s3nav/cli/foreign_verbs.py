"""Commands of other S3 tools, with the commands of s3nav to type instead."""

from types import MappingProxyType

from s3nav.model.text.plain_messages import command

_PLACE, _KEY, _BUCKET = "s3://bucket/prefix/", "s3://bucket/key", "s3://bucket"

_LIST = f"`{command('ls', _PLACE)}` lists a place, `--recursive` all below it"
_LIST_ALL = f"`{command('ls', _PLACE, '--recursive')}` lists all below a place"
_LIST_BUCKETS = f"`{command('ls')}` lists buckets, `{command('buckets')}` counts them"
_COUNT = f"`{command('scan', _PLACE)}` counts what is there, `{command('buckets')}` every bucket"
_LOOK = f"`{command('ls', _KEY)}` shows size, time and storage class"
_FIND = f"`{command('find', _PLACE, '--include', '*.csv')}` finds objects"
_FETCH = f"`{command('download', _PLACE)}` downloads what is missing or has changed"
_SYNC = f"{_FETCH}, `{command('put', 'DIR', _PLACE, '--allow-write')}` uploads"
_SEND = f"`{command('put', 'FILE', _PLACE, '--allow-write')}` uploads"
_STREAM = f"`{command('put', '-', _KEY, '--allow-write')}` uploads standard input"
_COPY = (
    f"`{command('cp', 's3://a/key', 's3://b/', '--allow-write')}` copies inside S3,"
    f" `{command('download', _KEY)}` fetches"
)
_PRINT = f"s3nav cannot print an object yet; `{command('download', _KEY)}` fetches it"
_SIGN = f"s3nav cannot presign yet; `{command('download', _KEY)}` fetches the object"
_DELETE = f"s3nav cannot delete yet; `{command('ls', _PLACE)}` lists what is there"
_MOVE = (
    "s3nav cannot move yet, because it cannot delete;"
    f" `{command('cp', 's3://a/key', 's3://b/', '--allow-write')}` copies"
)
_BUCKETS = f"s3nav cannot make or remove buckets yet; {_LIST_BUCKETS}"
_VERIFY = f"`{command('verify', 'DIR', _PLACE)}` compares a download with its bucket"
_RESTORE = (
    "s3nav cannot restore archived objects yet;"
    f" `{command('estimate', _PLACE, '--restore', 'standard')}` shows what it costs"
)
_VERSIONS = f"`{command('scan', 'versions', _PLACE)}` counts old versions and what they cost"
_SETTINGS = f"s3nav cannot change settings of buckets yet; {_LIST_BUCKETS}"
_PROFILES = (
    f"`{command('profiles', 'list')}` lists credentials, `{command('config', 'create')}` writes"
    " a settings file"
)
_QUERY = f"s3nav cannot query inside objects yet; {_FIND}"
_COST = f"`{command('estimate', _PLACE)}` prices a download, with `--storage` a month of storage"
_PRICES = f"`{command('pricing', 'search', 'standard storage')}` finds prices"
_MOUNT = "s3nav cannot mount a bucket yet; `s3nav s3://bucket/prefix/` opens it in the cockpit"

_BY_REMEDY = {
    _LIST: "dir list ll la lsl lsf lsjson",
    _LIST_ALL: "tree",
    _LIST_BUCKETS: "lsd list-buckets",
    _COUNT: "du size count ncdu df",
    _LOOK: "stat head info head-object attributes",
    _FIND: "search grep locate filter",
    _FETCH: "get getfile fetch pull copyto",
    _SYNC: "sync mirror bisync rsync",
    _SEND: "upload send push",
    _STREAM: "pipe rcat",
    _COPY: "copy copy-object",
    _PRINT: "cat tail less view print",
    _SIGN: "presign sign signurl share link",
    _DELETE: "rm del delete deletefile remove purge rmdirs cleanup delete-object",
    _MOVE: "mv move moveto rename modify",
    _BUCKETS: "mb rb mkdir rmdir make-bucket create-bucket delete-bucket",
    _VERIFY: "check cryptcheck hashsum md5sum sha1sum diff",
    _RESTORE: "restore",
    _VERSIONS: "version-list versions undo rewind",
    _SETTINGS: (
        "acl setacl policy setpolicy delpolicy setcors cors setlifecycle expire ilm lifecycle"
        " tag encrypt website ws-create ws-info ws-delete accesslog retention legalhold"
        " replicate quota event notification bucket-version"
    ),
    _PROFILES: "alias configure login auth whoami profile listremotes",
    _QUERY: "select sql",
    _COST: "cost costs price-of",
    _PRICES: "price prices",
    _MOUNT: "mount nfsmount",
}
FOREIGN_VERBS = MappingProxyType(
    {verb: remedy for remedy, verbs in _BY_REMEDY.items() for verb in verbs.split()}
)
"""Verbs of aws-cli, s5cmd, rclone, mc and s3cmd, and what to type instead."""
