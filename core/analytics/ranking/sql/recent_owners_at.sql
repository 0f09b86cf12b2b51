-- Those of the owners of what was created in a period who have one of some ranks. The limit leaves
-- nobody out: it tells DuckDB that these are few, as it would otherwise gather the names of all.
WITH page AS (
    SELECT rank, user_id, item_count
    FROM read_parquet($recent)
    WHERE period = $period AND rank IN (SELECT unnest($ranks::BIGINT[]))
    LIMIT $limit
)
SELECT rank, user_id, email, full_name, is_active, created_at, item_count
FROM page
JOIN ({people}) USING (user_id)
ORDER BY rank
