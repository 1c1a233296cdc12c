"""How many signed GETs a CPU second writes, with the standard library's HMAC and with our own.

Run it by hand: ``python -m tests.benchmarks.bench_signing``. Both ways in turns, one thread, no
network: each request is written whole, as the download of small objects does. Our own HMAC would
have to make the whole path 1.5 times as fast to be worth its lines.
"""

import hashlib
import hmac
import statistics
import time
from collections.abc import Callable

from s3nav.aws.http import BucketEndpoint, Keys, Route, Signer
from s3nav.aws.http.endpoints import Endpoint
from s3nav.aws.s3.request_batch import GetSigner, GetTemplate

REQUESTS = 50_000
ROUNDS = 7
KEYS = Keys(access_key="AKIABENCH", secret_key="bench")
ETAG = "0" * 32
HOST = "bucket.s3.us-east-1.amazonaws.com"


class OwnHmac:
    """HMAC-SHA256 written out: what `s3nav.aws.http.signing` could have in place of `hmac`."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, inner: "hashlib._Hash", outer: "hashlib._Hash") -> None:
        self._inner, self._outer = inner, outer

    @classmethod
    def of(cls, key: bytes) -> "OwnHmac":
        block = key.ljust(64, b"\0")
        return cls(
            hashlib.sha256(bytes(byte ^ 0x36 for byte in block)),
            hashlib.sha256(bytes(byte ^ 0x5C for byte in block)),
        )

    def copy(self) -> "OwnHmac":
        return OwnHmac(self._inner.copy(), self._outer)

    def update(self, text: bytes) -> None:
        self._inner.update(text)

    def hexdigest(self) -> str:
        outer = self._outer.copy()
        outer.update(self._inner.digest())
        return outer.hexdigest()


def signer(make: Callable[[bytes], OwnHmac] | None) -> GetSigner:
    """One that is ready for the requests of this second."""
    signs = GetSigner(Signer("us-east-1"), host=HOST, requester_pays=False)
    signs.prepare(KEYS)
    if make is not None:
        key = b"AWS4" + KEYS.secret_key.encode()
        for step in (time.strftime("%Y%m%d", time.gmtime()), "us-east-1", "s3", "aws4_request"):
            key = hmac.digest(key, step.encode(), "sha256")
        signs._key = make(key)  # type: ignore[assignment]  # the same three methods
    return signs


def rate(signs: GetSigner) -> float:
    """Requests a CPU second."""
    place = BucketEndpoint.at(Endpoint.parse(f"https://{HOST}"), "", "us-east-1")
    template = GetTemplate("bucket", place, Route(place.endpoint, None, None), requester_pays=False)
    template.signer = signs
    began_s = time.process_time()
    for number in range(REQUESTS):
        template.request(f"2026/data/part-{number}.parquet", ETAG)
    return REQUESTS / (time.process_time() - began_s)


def main() -> None:
    standard, own = signer(None), signer(OwnHmac.of)
    both: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for signs, rates in zip((standard, own), both, strict=True):
            rates.append(rate(signs))
    medians = [statistics.median(rates) for rates in both]
    print(f"signed GETs a CPU second, median of {ROUNDS} in turns")
    print(f"  hmac of the standard library {medians[0]:>10,.0f}")
    print(f"  our own                      {medians[1]:>10,.0f}   {medians[1] / medians[0]:.2f} x")


if __name__ == "__main__":
    main()
