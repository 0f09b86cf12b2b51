-- How many items a figure counts: those of one owner, or those created in a time, as asked.
-- What is NULL narrows nothing; the time includes its beginning and not its end.
SELECT count(*) AS rows
FROM read_parquet($files)
WHERE ($owner_id::BIGINT IS NULL OR owner_id = $owner_id)
  AND ($since::TIMESTAMPTZ IS NULL OR created_at >= $since)
  AND ($until::TIMESTAMPTZ IS NULL OR created_at < $until)
