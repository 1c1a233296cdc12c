"""``/api/resources``: the same operation across scrapes, and search."""

from typing import Annotated

from fastapi import APIRouter, Query

from s3nav.api import shapes
from s3nav.api.problems import documented
from s3nav.api.scrape_routes import PAGE_MOST, Filter
from s3nav.present.scrape_words import comparison_json
from s3nav.scrape import Scrapes, Where

CHANGES_SHOWN = 200


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
