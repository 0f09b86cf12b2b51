-- A page of the owners of what was created in a period; the list is sorted by rank, so that other
-- row groups are skipped.
WITH page AS (
    SELECT rank, user_id, item_count
    FROM read_parquet($recent)
    WHERE period = $period AND rank > $skip AND rank <= $skip + $limit
)
SELECT rank, user_id, email, full_name, is_active, created_at, item_count
FROM page
JOIN ({people}) USING (user_id)
ORDER BY rank
