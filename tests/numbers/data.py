"""Rows to count: moments at which a day or a period is easily counted wrongly, and changes."""

from psycopg2 import extensions

from tests.numbers.comparison import ZONES
from tests.numbers.postgresql import run

# A third at random, more of them lately; a third where a day begins or ends in one of the zones, or
# clocks change; a third as old as a period is long, give or take an hour.
SPREAD = """
UPDATE {table} SET created_at = drawn.at
FROM (
    SELECT id, CASE
        WHEN kind < 0.33 THEN now() - span
        WHEN kind < 0.66 THEN
            (date_trunc('day', (now() - span) AT TIME ZONE zone) + edge) AT TIME ZONE zone
        ELSE now() - make_interval(hours => 24 * days) + hours * interval '1 hour'
    END AS at
    FROM (
        SELECT id, random() AS kind, random() * random() * interval '12 years' AS span,
            (%(zones)s)[1 + floor(random() * 3)::int] AS zone,
            (ARRAY[interval '-1 microsecond', '0', '1 microsecond', '15 minutes', '02:30:00'])
                [1 + floor(random() * 5)::int] AS edge,
            (ARRAY[0, 7, 14, 30, 60, 90])[1 + floor(random() * 6)::int] AS days,
            random() * 2 - 1 AS hours
        FROM {table}
    ) AS dice
) AS drawn WHERE drawn.id = {table}.id
"""
GONE = 'DELETE FROM "user" WHERE id %% %(every)s = 3'
GIVEN = """
UPDATE item SET owner_id = taker.id
FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM "user") AS taker
WHERE item.id %% %(every)s = 1
    AND place = 1 + item.id %% greatest(1, (SELECT count(*) FROM "user") / 3)
"""
SWITCHED = 'UPDATE "user" SET is_active = NOT is_active WHERE id %% %(every)s = 0'
ADDED = """
INSERT INTO item (title, owner_id)
SELECT 'Added', id FROM "user", generate_series(1, 2 + "user".id %% 9) WHERE id %% %(every)s = 2
"""


def spread_in_time(connection: extensions.connection, *, seed: float) -> None:
    """Give each user and item a moment of its own; `seed`, from -1 to 1, repeats them."""
    run(connection, "SELECT setseed(%(seed)s)", {"seed": seed})
    for table in ('"user"', "item"):
        run(connection, SPREAD.format(table=table), {"zones": list(ZONES)})


def change(connection: extensions.connection, *, every: int) -> None:
    """Delete, give away, switch and add; about one row in `every`, which is 4 or more."""
    for statement in (GONE, GIVEN, SWITCHED, ADDED):
        run(connection, statement, {"every": every})
