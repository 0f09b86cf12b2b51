"""Where an export or a picture is shown today: on its page, by filters of that page."""

from datetime import UTC, datetime

import pytest

from core.exports.receipts import Receipt
from dashboard.shell import navigation
from dashboard.ui import links

AT = datetime(2026, 11, 28, tzinfo=UTC)


def receipt(question: str, filters: dict[str, str], picture: str | None = None) -> Receipt:
    return Receipt(
        number=1,
        at=AT,
        who="ann@example.com",
        outcome="success",
        question=question,
        filters=filters,
        format="svg",
        time_zone="UTC",
        generation=1,
        as_of=AT,
        rows=1,
        bytes=1,
        sha256="0" * 64,
        content="0" * 64,
        picture=picture,
    )


@pytest.mark.parametrize(
    ("question", "filters", "picture", "address"),
    [
        ("items_by_user", {}, None, "/items_by_user"),
        (
            "items_by_user",
            {"q": "a b", "joined_from": "2026-01-01", "zone": "Asia/Kathmandu"},
            None,
            "/items_by_user?q=a+b&joined_from=2026-01-01&zone=Asia%2FKathmandu",
        ),
        ("active_users", {"period": "30d"}, "Top 10", "/active_users?period=30d"),
        ("created_per_day", {"zone": "UTC"}, None, "/trends?step=day"),
        (
            "trends",
            {"step": "week", "owner": "3", "zone": "UTC"},
            None,
            "/trends?step=week&owner=3",
        ),
        (
            "trends",
            {"step": "day", "from": "2026-01-01", "until": "2026-02-01", "zone": "UTC"},
            "New users by day",
            "/trends?of=users&show=new&step=day&from=2026-01-01&until=2026-02-01",
        ),
        (
            "trends",
            {"step": "month", "zone": "UTC"},
            "Items in all",
            "/trends?of=items&show=total&step=month",
        ),
        ("distribution", {}, "Users by items owned", "/"),
        (
            "page_of_owners",
            {"least": "2", "page": "3"},
            "Items owned by user",
            "/items_by_user?least=2&page=3",
        ),
        (
            "item_counts",
            {"period": "7d", "first": "101", "last": "150"},
            "Items by rank",
            "/items_by_user?period=7d&page=3",
        ),
        ("items", {"q": "lamp"}, None, "/items?q=lamp"),
        ("users", {"q": "ann"}, None, "/users?q=ann"),
    ],
)
def test_an_export_leads_to_its_page_with_filters_of_that_page(
    question: str, filters: dict[str, str], picture: str | None, address: str
) -> None:
    found = navigation.address(links.exported(receipt(question, filters, picture)))
    assert found == address
