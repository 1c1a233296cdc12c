"""Where requests for one bucket go, and how they are signed."""

from typing import Self

import msgspec

from s3nav.aws.http.endpoints import Endpoint
from s3nav.aws.http.signing import Signer


class BucketEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where requests for one bucket go, and how they are signed."""

    endpoint: Endpoint
    path_start: str
    """What stands before ``/key``: empty when the host names the bucket."""
    region: str
    signer: Signer

    @classmethod
    def at(cls, endpoint: Endpoint, path_start: str, region: str) -> Self:
        """A place on an endpoint, whose own path comes before `path_start`."""
        return cls(
            endpoint=endpoint,
            path_start=endpoint.base_path + path_start,
            region=region,
            signer=Signer(region),
        )
