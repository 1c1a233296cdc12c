"""Accept the setting names of the tools that s3nav replaces."""

from collections.abc import Mapping

import msgspec

from s3nav.model.errors import UsageError
from s3nav.model.text.plain_messages import misfit

OLD_VERIFY = "verify_checksums"
OLDER_KEYS = frozenset({"pricing", OLD_VERIFY})


def translate_old_keys(layer: Mapping[str, object], source: str) -> dict[str, object]:
    """Translate setting names of older tools to s3nav's.

    `verify_checksums` of aws-data-downloader becomes `verify`; raises UsageError when it is not a
    boolean. The table `pricing` has the options of aws-pricing-downloader.
    """
    pricing = layer.get("pricing")
    if isinstance(pricing, dict):  # the options of aws-pricing-downloader, by their own names
        rest = {name: value for name, value in layer.items() if name != "pricing"}
        layer = rest | {f"pricing_{name}": value for name, value in pricing.items()}
    if OLD_VERIFY not in layer:
        return dict(layer)
    old = layer[OLD_VERIFY]
    try:
        checks = msgspec.convert(old, bool, strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(
            f"{source}: {misfit(error, OLD_VERIFY, value=old)}",
            remedy="write true or false, or `verify` with auto, full or none",
            slug="bad-setting",
        ) from error
    rest = {name: value for name, value in layer.items() if name != OLD_VERIFY}
    return {"verify": "auto" if checks else "none", **rest}
