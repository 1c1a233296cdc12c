"""The endpoints below ``/api``: scrapes, their documents, comparison, search, and statistics."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from s3nav.api import shapes
from s3nav.api.problems import documented
from s3nav.present.scrape_words import as_json, comparison_json
from s3nav.scrape import ScrapeRequest, Scrapes, Where

CHANGES_SHOWN = 200
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


def resource_routes(scrapes: Scrapes) -> APIRouter:
    """The endpoints below ``/resources``."""
    routes = APIRouter(prefix="/resources", tags=["resources"])

    @routes.get("/compare", responses=documented(503))
    def compare_resources(
        service: Filter = None,
        region: Filter = None,
        operation: Filter = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 10,
    ) -> shapes.Compared:
        """Return the newest documents of an operation and the changes between scrapes."""
        where = Where(service=service, region=region, operation=operation)
        documents = list(scrapes.query(where, limit=limit, newest_first=True))
        steps = scrapes.steps(where, limit=limit, changes=CHANGES_SHOWN)
        return shapes.Compared(
            service=service,
            region=region,
            operation=operation,
            resources=[shapes.document(document) for document in documents],
            comparisons=[shapes.Step.model_validate(comparison_json(step)) for step in steps],
        )

    @routes.get("/search", responses=documented(503))
    def search_resources(
        q: Annotated[str, Query(min_length=1, max_length=256)],
        scrape_id: Filter = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_MOST)] = 100,
    ) -> shapes.FoundThings:
        """Return things with all these words or word prefixes in id, ARN, name, type or tags."""
        found = scrapes.search(q, scrape_id=scrape_id, limit=limit)
        return shapes.FoundThings(found=[shapes.thing(resource) for resource in found])

    return routes


def stat_routes(scrapes: Scrapes) -> APIRouter:
    """The endpoints below ``/stats``."""
    routes = APIRouter(prefix="/stats", tags=["statistics"], responses=documented(503))

    @routes.get("")
    def stats() -> shapes.Stats:
        """Return totals over the whole store, and health figures."""
        return shapes.Stats.model_validate(
            {**as_json(scrapes.totals()), "monitor": as_json(scrapes.monitor())}
        )

    @routes.get("/services")
    def services() -> shapes.Shares:
        """Count documents and resources by service."""
        return _shares(scrapes, "service")

    @routes.get("/regions")
    def regions() -> shapes.Shares:
        """Count documents and resources by region."""
        return _shares(scrapes, "region")

    @routes.get("/timeline")
    def timeline(days: Annotated[int, Query(ge=1, le=3660)] = 30) -> shapes.Timeline:
        """Count scrapes by day."""
        found = scrapes.timeline(days=days)
        return shapes.Timeline(days=[shapes.Day.model_validate(as_json(day)) for day in found])

    return routes


def _shares(scrapes: Scrapes, group: shapes.GroupName) -> shapes.Shares:
    found = scrapes.shares(group)
    return shapes.Shares(shares=[shapes.ShareLine.model_validate(as_json(each)) for each in found])
