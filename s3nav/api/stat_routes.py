"""``/api/stats``: counts of everything, by service, by region, by day."""

from typing import Annotated

from fastapi import APIRouter, Query

from s3nav.api import shapes
from s3nav.api.problems import documented
from s3nav.present.scrape_words import as_json
from s3nav.scrape import Scrapes


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
