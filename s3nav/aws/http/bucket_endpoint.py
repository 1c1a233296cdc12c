"""The endpoint, path and signer of one bucket."""

from typing import Self

import msgspec

from s3nav.aws.http.endpoints import Endpoint
from s3nav.aws.http.signing import Signer


class BucketEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where requests for one bucket go, and how they are signed."""

    endpoint: Endpoint
    path_start: str
    """The path before ``/key``: empty for virtual-hosted style, where the host names the bucket."""
    region: str
    signer: Signer

    @classmethod
    def at(cls, endpoint: Endpoint, path_start: str, region: str) -> Self:
        """A bucket on `endpoint`; `path_start` is put behind the endpoint's own path."""
        return cls(
            endpoint=endpoint,
            path_start=endpoint.base_path + path_start,
            region=region,
            signer=Signer(region),
        )
