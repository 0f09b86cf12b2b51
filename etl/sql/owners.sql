-- Users with items, narrow and ranked: most items first, ties by user id. Other views build on it.
CREATE TEMP TABLE owners AS
SELECT row_number() OVER (ORDER BY item_count DESC, owner_id) AS rank, owner_id, item_count
FROM (
    SELECT owner_id, count(*) AS item_count
    FROM read_parquet(getvariable('items'))
    GROUP BY owner_id
)
