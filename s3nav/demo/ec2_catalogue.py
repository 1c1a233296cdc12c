"""Load moto's EC2 with a tenth of its catalogue of instance types, which would take 80 MB."""

import importlib
from typing import Any

from moto.utilities import utils

from s3nav.demo.data import HOME_REGION, OTHER_REGION

FAMILIES = frozenset({"c6i", "m5", "m6i", "m7g", "r6i", "t3", "t4g"})
"""Of instances: those that the demo's price list has."""
_CATALOGUE = "moto.ec2.models.instance_types"


def load_ec2() -> None:
    """Load the catalogue in place of moto, which reads all of it when anything of EC2 is loaded.

    To be called before anything else of EC2 is imported; afterwards it changes nothing.
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
