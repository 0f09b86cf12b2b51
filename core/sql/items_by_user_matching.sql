-- A page of the users who own items and whose address or name contains a text, whatever its case.
SELECT rank, user_id, email, full_name, is_active, created_at, item_count
FROM read_parquet($files)
WHERE contains(search, lower($text))
ORDER BY rank
LIMIT $limit OFFSET $skip
