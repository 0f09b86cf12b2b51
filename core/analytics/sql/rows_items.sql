-- The items that a figure counts: those of one owner, or those created in a time, as asked.
-- What is NULL narrows nothing; the time includes its beginning and not its end.
SELECT item_id AS id, title, owner_id, created_at
FROM read_parquet($files)
WHERE {figure_of_items}
ORDER BY item_id
LIMIT $limit
