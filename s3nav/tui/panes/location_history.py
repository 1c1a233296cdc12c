"""The places the browser has visited, and breadcrumbs of a place."""

from s3nav.model.places import S3Uri
from s3nav.present.formatting import Span, safe_text

PLACES_KEPT = 100


class LocationHistory:
    """Visited places and the current position among them, as in a web browser."""

    def __init__(self) -> None:
        self._places: list[S3Uri] = []
        self._at = -1

    @property
    def here(self) -> S3Uri | None:
        """The current place."""
        return self._places[self._at] if self._places else None

    def visit(self, place: S3Uri) -> None:
        """Add a place behind the current one; drop those that followed it."""
        if place == self.here:
            return
        self._places = [*self._places[: self._at + 1], place][-PLACES_KEPT:]
        self._at = len(self._places) - 1

    def step(self, step: int) -> S3Uri | None:
        """Go back (-1) or forward (1); None at the end of the history."""
        target = self._at + step
        if not 0 <= target < len(self._places):
            return None
        self._at = target
        return self._places[target]


def parent(place: S3Uri) -> S3Uri:
    """The parent directory; a bucket is its own parent."""
    above, slash, _ = place.key.removesuffix("/").rpartition("/")
    return S3Uri(place.bucket, above + slash)


def crumbs(place: S3Uri) -> list[tuple[str, list[Span]]]:
    """The path as clickable parts: the URI of each, and its spans."""
    parts: list[tuple[str, list[Span]]] = [
        (str(S3Uri(place.bucket)), [(" ", ""), (safe_text(place.bucket), "accent"), (" / ", "dim")])
    ]
    key = ""
    for name in place.key.split("/")[:-1]:
        key += f"{name}/"
        spans: list[Span] = [(safe_text(name), ""), (" / ", "dim")]
        parts.append((str(S3Uri(place.bucket, key)), spans))
    return parts
