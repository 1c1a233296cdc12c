"""Load moto's EC2 with a tenth of its instance types; all of them take 80 MB."""

import importlib
from typing import Any

from moto.utilities import utils

from s3nav.demo.content import HOME_REGION, OTHER_REGION

FAMILIES = frozenset({"c6i", "m5", "m6i", "m7g", "r6i", "t3", "t4g"})
"""Instance families in the demo's price list."""
_CATALOGUE = "moto.ec2.models.instance_types"


def load_ec2() -> None:
    """Load a part of the catalogue; moto would read all of it when EC2 is imported.

    Call it before anything else of EC2 is imported; later it has no effect.
    """
    read = utils.load_resource

    def read_less(resource: str) -> Any:
        if "/instance_type_offerings/" in resource:
            is_here = any(region in resource for region in (HOME_REGION, OTHER_REGION))
            return read(resource) if is_here else []
        content = read(resource)
        if resource.endswith("/instance_types.json"):
            return {
                name: facts for name, facts in content.items() if name.partition(".")[0] in FAMILIES
            }
        return content

    utils.load_resource = read_less
    try:
        importlib.import_module(_CATALOGUE)
    finally:
        utils.load_resource = read
