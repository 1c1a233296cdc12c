"""The queries of a scrape as a tree of services, regions and operations, with counts."""

from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec
from rich.text import Text
from textual.widgets.tree import TreeNode

from s3nav.model.scrape_queries import QueryStatus
from s3nav.present.formatting import Icons, count, safe_text
from s3nav.present.scrape_words import GLOBAL
from s3nav.scrape import QueryFact, Where
from s3nav.tui.widgets.fold_tree import FoldTree


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """The data of a node."""

    where: Where
    title: str
    problem: str = ""
    """Why the query has no resources to list; empty if it has."""


def fill(
    tree: FoldTree[Branch], scrape_id: str, queries: Sequence[QueryFact], icons: Icons
) -> None:
    """Show the queries of a scrape; those with empty responses are only counted."""
    tree.clear()
    shown = sorted(
        (query for query in queries if query.status is not QueryStatus.EMPTY),
        key=lambda query: (query.service, query.region or "", query.operation),
    )
    tree.root.data = Branch(where=Where(scrape_id=scrape_id), title="everything")
    tree.root.set_label(_label("everything", shown, icons))
    for service, of_service in groupby(shown, key=lambda query: query.service):
        _add_service(tree.root, scrape_id, service, [*of_service], icons)
    empty = len(queries) - len(shown)
    if empty:
        tree.root.add_leaf(Text(f"{count(empty)} empty responses", style="dim"))
    tree.root.expand()


def _add_service(
    root: TreeNode[Branch], scrape_id: str, service: str, queries: list[QueryFact], icons: Icons
) -> None:
    where = Where(scrape_id=scrape_id, service=service)
    node = root.add(_label(service, queries, icons), Branch(where=where, title=safe_text(service)))
    for region, of_region in groupby(queries, key=lambda query: query.region):
        found = [*of_region]
        name = region or GLOBAL
        in_region = Where(scrape_id=scrape_id, service=service, region=name)
        title = f"{safe_text(service)} in {safe_text(name)}"
        below = node.add(_label(name, found, icons), Branch(where=in_region, title=title))
        for query in found:
            below.add_leaf(_label(query.operation, [query], icons), _leaf(scrape_id, query))


def _leaf(scrape_id: str, query: QueryFact) -> Branch:
    where = Where(
        scrape_id=scrape_id,
        service=query.service,
        region=query.region or GLOBAL,
        operation=query.operation,
    )
    title = f"{query.operation} in {query.region or GLOBAL}"
    if query.status.has_document:
        return Branch(where=where, title=safe_text(title))
    reason = ": ".join(part for part in (query.code, query.message) if part)
    return Branch(
        where=where, title=safe_text(f"{title}: {query.status.value}"), problem=safe_text(reason)
    )


def _label(name: str, queries: Iterable[QueryFact], icons: Icons) -> Text:
    found = [*queries]
    failed = sum(query.status.is_failure for query in found)
    parts: list[str | tuple[str, str]] = [safe_text(name)]
    resources = sum(query.resources for query in found)
    is_one_without = len(found) == 1 and not found[0].status.is_conclusive
    if resources or not (failed or is_one_without):
        parts.append((f" {count(resources)}", "dim"))
    if is_one_without:
        parts.append((f" {icons.failed} {found[0].status.value}", "yellow"))
    elif failed:
        parts.append((f" {icons.failed} {count(failed)}", "yellow"))
    return Text.assemble(*parts)
