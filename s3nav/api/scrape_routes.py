"""``/api/scrapes``: start, list, show and delete scrapes, and the documents of one."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from s3nav.api import shapes
from s3nav.api.problems import documented
from s3nav.scrape import ScrapeRequest, Scrapes, Where

PAGE = 50
PAGE_MOST = 1000
OFFSET_MOST = 1_000_000_000

ScrapeId = Annotated[str, Path(min_length=1, max_length=128)]
Limit = Annotated[int, Query(ge=1, le=PAGE_MOST)]
Offset = Annotated[int, Query(ge=0, le=OFFSET_MOST)]
Filter = Annotated[str | None, Query(min_length=1, max_length=128)]


def scrape_routes(scrapes: Scrapes) -> APIRouter:
    """The endpoints below ``/scrapes``."""
    routes = APIRouter(prefix="/scrapes", tags=["scrapes"])

    @routes.post("", status_code=202, responses=documented(400, 404, 429, 500, 502, 503))
    def start_scrape(wanted: shapes.NewScrape) -> shapes.Scrape:
        """Check names and credentials, then scrape in the background."""
        scrape_id = scrapes.start(
            ScrapeRequest(
                services="all" if wanted.services == "all" else tuple(wanted.services),
                regions=tuple(wanted.regions),
                profile=wanted.profile,
                engine=wanted.engine,
                max_rate=wanted.max_rate,
            )
        )
        return shapes.scrape(scrapes.result(scrape_id))

    @routes.get("", responses=documented(503))
    def list_scrapes(
        limit: Limit = PAGE, offset: Offset = 0, success: bool | None = None
    ) -> shapes.ScrapeList:
        """Return scrapes, newest first."""
        found = scrapes.list(limit=limit, offset=offset, success=success)
        return shapes.ScrapeList(
            scrapes=[shapes.scrape(record) for record in found],
            total=scrapes.count(success=success),
            limit=limit,
            offset=offset,
        )

    @routes.get("/{scrape_id}", responses=documented(404, 503))
    def show_scrape(scrape_id: ScrapeId) -> shapes.Scrape:
        """Return one scrape, even while it runs."""
        return shapes.scrape(scrapes.show(scrape_id))

    @routes.delete("/{scrape_id}", responses=documented(404, 409, 503))
    def delete_scrape(scrape_id: ScrapeId) -> shapes.Deleted:
        """Delete a scrape with all its results."""
        gone = scrapes.delete(Where(scrape_id=scrape_id))
        return shapes.Deleted(scrape_id=scrape_id, documents_deleted=gone)

    _add_documents(routes, scrapes)
    return routes


def _add_documents(routes: APIRouter, scrapes: Scrapes) -> None:
    """The endpoints below ``/scrapes/{scrape_id}/resources``."""

    @routes.get("/{scrape_id}/resources", responses=documented(404, 503))
    def list_resources(  # one for each parameter of the design
        scrape_id: ScrapeId,
        service: Filter = None,
        region: Filter = None,
        operation: Filter = None,
        limit: Limit = PAGE,
        offset: Offset = 0,
    ) -> shapes.ResourceList:
        """Return documents of one scrape; region `global` selects global services."""
        where = Where(
            scrape_id=scrapes.show(scrape_id).scrape_id,
            service=service,
            region=region,
            operation=operation,
        )
        found = scrapes.query(where, limit=limit, offset=offset)
        return shapes.ResourceList(
            resources=[shapes.document(document) for document in found],
            total=scrapes.count_documents(where),
            limit=limit,
            offset=offset,
        )

    @routes.delete("/{scrape_id}/resources", responses=documented(404, 409, 503))
    def delete_resources(
        scrape_id: ScrapeId,
        service: Filter = None,
        region: Filter = None,
        operation: Filter = None,
    ) -> shapes.Deleted:
        """Delete documents of one scrape; without a filter all of them. Its record is kept."""
        gone = scrapes.delete_documents(
            Where(scrape_id=scrape_id, service=service, region=region, operation=operation)
        )
        return shapes.Deleted(scrape_id=scrape_id, documents_deleted=gone)
