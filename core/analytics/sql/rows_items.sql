-- The items that a figure counts: those of one owner, or those created in a time, as asked.
-- What is NULL narrows nothing; the time includes its beginning and not its end.
SELECT item_id AS id, title, owner_id, created_at
FROM read_parquet($files)
WHERE ($owner_id::BIGINT IS NULL OR owner_id = $owner_id)
  AND ($since::TIMESTAMPTZ IS NULL OR created_at >= $since)
  AND ($until::TIMESTAMPTZ IS NULL OR created_at < $until)
ORDER BY item_id
LIMIT $limit
