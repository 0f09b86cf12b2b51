"""What PostgreSQL says about its own rows, in SQL that shares nothing with what the pages read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from psycopg2 import extensions

from core.analytics.owner_filter import OwnerFilter
from core.analytics.trend_filter import TrendFilter
from core.calendar.periods import Period
from core.text.folding import fold

Row = tuple[object, ...]

TOTALS = """
SELECT count(*), count(*) FILTER (WHERE is_active), (SELECT count(*) FROM item),
    count(*) FILTER (WHERE EXISTS (SELECT FROM item WHERE owner_id = "user".id))
FROM "user"
"""
NEW = """
SELECT count(*) FILTER (WHERE age < stretch AND NOT item),
    count(*) FILTER (WHERE age >= stretch AND age < 2 * stretch AND NOT item),
    count(*) FILTER (WHERE age < stretch AND item),
    count(*) FILTER (WHERE age >= stretch AND age < 2 * stretch AND item)
FROM (
    SELECT false AS item, %(at)s - created_at AS age FROM "user"
    UNION ALL SELECT true, %(at)s - created_at FROM item
) AS ages, make_interval(hours => 24 * %(days)s) AS stretch
WHERE age >= interval '0'
"""
SPREAD = """
SELECT (ARRAY['0', '1', '2-5', '6-10', '11-50', '51-100', '101-1,000', 'more'])[bucket], count(n)
FROM generate_series(1, 8) AS bucket
LEFT JOIN (
    SELECT count(item.id) AS n
    FROM "user" LEFT JOIN item ON owner_id = "user".id
    GROUP BY "user".id
) AS owned ON width_bucket(n, ARRAY[0, 1, 2, 6, 11, 51, 101, 1001]::bigint[]) = bucket
GROUP BY bucket ORDER BY bucket
"""
SHARES = """
SELECT coalesce(sum(n), 0)::bigint, coalesce(sum(n) FILTER (WHERE rank <= 10), 0)::bigint,
    coalesce(ceil(max(owners) / 100.0), 0)::bigint,
    coalesce(sum(n) FILTER (WHERE rank <= ceil(owners / 100.0)), 0)::bigint
FROM (
    SELECT count(*) AS n, row_number() OVER (ORDER BY count(*) DESC) AS rank,
        count(*) OVER () AS owners
    FROM item GROUP BY owner_id
) AS owned
"""
LEVELS = """
SELECT n, count(*) FROM (
    SELECT count(*) AS n FROM item
    WHERE %(days)s IS NULL
        OR created_at <= %(at)s AND created_at > %(at)s - make_interval(hours => 24 * %(days)s)
    GROUP BY owner_id
) AS owned GROUP BY n ORDER BY n DESC
"""
RANKED = """
SELECT row_number() OVER (ORDER BY n DESC, id) AS rank, id, email, full_name, is_active,
    created_at, n
FROM "user" JOIN (
    SELECT owner_id AS id, count(*) AS n FROM item
    WHERE %(days)s IS NULL
        OR created_at <= %(at)s AND created_at > %(at)s - make_interval(hours => 24 * %(days)s)
    GROUP BY owner_id
) AS owned USING (id)
"""
OWNERS = f"""
SELECT ranked.* FROM ({RANKED}) AS ranked,
    LATERAL (SELECT search_text FROM "user" WHERE "user".id = ranked.id) AS folded
WHERE strpos(coalesce(search_text, lower(concat(email, ' ', full_name))), %(text)s) > 0
    AND n >= %(least)s AND (%(most)s IS NULL OR n <= %(most)s)
    AND is_active IS DISTINCT FROM %(not_active)s
    AND (%(since)s IS NULL OR (created_at AT TIME ZONE %(zone)s)::date >= %(since)s)
    AND (%(until)s IS NULL OR (created_at AT TIME ZONE %(zone)s)::date <= %(until)s)
ORDER BY rank
"""
KEEP = f"""
DROP TABLE IF EXISTS earlier;
CREATE TEMPORARY TABLE earlier AS SELECT NULL AS period, * FROM ({RANKED}) AS nobody LIMIT 0
"""
KEEP_PERIOD = f"""
INSERT INTO earlier SELECT %(period)s, * FROM ({RANKED}) AS ranked WHERE rank <= 100
"""
MOVED = f"""
SELECT now.rank, id, now.email, now.full_name, now.is_active, now.n, was.rank
FROM ({RANKED}) AS now
LEFT JOIN (SELECT * FROM earlier WHERE period = %(period)s) AS was USING (id)
WHERE now.rank <= 10 ORDER BY 1
"""
DROPPED = f"""
SELECT was.rank, was.email, was.full_name, CASE WHEN now.rank <= 100 THEN now.rank END
FROM (SELECT * FROM earlier WHERE period = %(period)s) AS was
LEFT JOIN ({RANKED}) AS now USING (id)
WHERE was.rank <= 10 AND coalesce(now.rank, 11) > 10 ORDER BY 1
"""
# Calendar steps without a gap, from the first that has anything to that of the instant or later, as
# far as days from %(first)s to %(last)s are in them; only those days count.
TREND = """
WITH happened AS (
    SELECT false AS item, (created_at AT TIME ZONE %(zone)s)::date AS day FROM "user"
    WHERE %(owner)s IS NULL
    UNION ALL
    SELECT true, (created_at AT TIME ZONE %(zone)s)::date FROM item
    WHERE %(owner)s IS NULL OR owner_id = %(owner)s
),
today AS (SELECT (%(at)s AT TIME ZONE %(zone)s)::date AS day),
reach AS (
    SELECT greatest(min(day), %(first)s::date) AS first, least(max(day), %(last)s::date) AS last
    FROM (SELECT day FROM happened UNION ALL SELECT day FROM today) AS known
),
every AS (
    SELECT generate_series(
        date_trunc(%(step)s, first::timestamp), date_trunc(%(step)s, last::timestamp),
        ('1 ' || %(step)s)::interval
    ) AS step FROM reach WHERE first <= last
),
counted AS (
    SELECT date_trunc(%(step)s, day::timestamp) AS step, count(*) FILTER (WHERE NOT item) AS users,
        count(*) FILTER (WHERE item) AS items
    FROM happened, reach WHERE day BETWEEN first AND last GROUP BY 1
),
before AS (
    SELECT count(*) FILTER (WHERE NOT item) AS users, count(*) FILTER (WHERE item) AS items
    FROM happened, reach WHERE day < first
)
SELECT step::date, coalesce(counted.users, 0), coalesce(counted.items, 0),
    (before.users + sum(coalesce(counted.users, 0)) OVER (ORDER BY step))::bigint,
    (before.items + sum(coalesce(counted.items, 0)) OVER (ORDER BY step))::bigint,
    coalesce(step < %(first)s::date, false) OR coalesce(ends > %(last)s::date + 1, false)
        OR ends > today.day
FROM every LEFT JOIN counted USING (step), before, today,
    LATERAL (SELECT (step + ('1 ' || %(step)s)::interval)::date AS ends) AS over
ORDER BY step
"""
UNTIL = "SELECT (%(at)s AT TIME ZONE %(zone)s)::date"


@dataclass(frozen=True)
class Rows:
    """The rows of a database that nobody writes to, seen from the instant of a snapshot."""

    connection: extensions.connection
    at: datetime

    def totals(self) -> Row:
        """Return the numbers of users, active users, items and owners."""
        return self._ask(TOTALS)[0]

    def new(self, period: Period) -> Row:
        """Return users, users before, items and items before of a period."""
        return self._ask(NEW, days=period.days)[0]

    def spread(self) -> list[Row]:
        """Return bucket and users."""
        return self._ask(SPREAD)

    def shares(self) -> Row:
        """Return all items, those of the first ten, how many one percent is, and their items."""
        return self._ask(SHARES)[0]

    def levels(self, period: Period) -> list[Row]:
        """Return item_count and users, from the most down to 1."""
        return self._ask(LEVELS, days=period.days)

    def owners(self, filters: OwnerFilter) -> list[Row]:
        """Return the rows of `core.analytics.metrics.items_by_user`, all of them."""
        return self._ask(
            OWNERS,
            days=filters.period.days,
            text=fold(filters.search),
            least=filters.least or 1,
            most=filters.most,
            not_active=None if filters.active is None else filters.active == "no",
            since=filters.joined_from,
            until=filters.joined_until,
            zone=filters.zone,
        )

    def keep(self) -> None:
        """Keep the first hundred of each period on the connection, to compare with later."""
        self._ask(KEEP, days=None)
        for period in Period:
            self._ask(KEEP_PERIOD, days=period.days, period=period.value)

    def moved(self, period: Period) -> tuple[list[Row], list[Row]]:
        """Return the rows of the two frames of a `core.analytics.rank_changes.Movement`."""
        asked = {"days": period.days, "period": period.value}
        return self._ask(MOVED, **asked), self._ask(DROPPED, **asked)

    def trend(self, filters: TrendFilter) -> list[Row]:
        """Return each step: its first day, new users and items, both up to its end, and partial."""
        first, last = filters.window.first, filters.window.last
        asked = {"step": filters.step.value, "zone": filters.zone, "owner": filters.owner}
        return self._ask(TREND, first=first, last=last, **asked)

    def today(self, zone: str) -> date:
        """Return the day of the instant in a zone."""
        (found,) = self._ask(UNTIL, zone=zone)[0]
        assert isinstance(found, date)
        return found

    def _ask(self, statement: str, **named: object) -> list[Row]:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, {"at": self.at, **named})
            return cursor.fetchall() if cursor.description else []


def run(
    connection: extensions.connection, statement: str, named: Mapping[str, object] | None = None
) -> None:
    """Run a statement that changes something."""
    with connection.cursor() as cursor:
        cursor.execute(statement, named)
