"""Items by user: every user with at least one item, most items first."""

from dashboard import charts, data, export_menu, filters, notices, panels, tables

snapshot = data.snapshot()

with panels.toolbar():
    search = filters.search("Search users", placeholder="Search addresses and names")
    actions = panels.actions()

found = filters.read_page(lambda skip: data.owners(snapshot, search=search, skip=skip))

if found.count:
    with actions:
        export_menu.draw("items_by_user", {"q": search}, rows=found.count, noun="users with items")
    panels.chart("Items of the users on this page", charts.ranks(found.rows))
    filters.place(found, noun="users with items")
    tables.owners(found.rows, name="Items by user")
    filters.pages(found)
elif search:
    notices.nothing_found(search)
else:
    notices.no_items()
