-- A page of the owners of what was created in a period; the list is sorted by rank, so that other
-- row groups are skipped. Who stayed in the ranking of all time, or joined it, has the names.
WITH page AS (
    SELECT rank, user_id, item_count
    FROM read_parquet($recent)
    WHERE period = $period AND rank > $skip AND rank <= $skip + $limit
),
people AS (
    SELECT user_id, email, full_name, is_active, created_at
    FROM read_parquet($files)
    WHERE place NOT IN (SELECT place FROM read_parquet($left))
    UNION ALL
    SELECT user_id, email, full_name, is_active, created_at
    FROM read_parquet($joined)
)
SELECT rank, user_id, email, full_name, is_active, created_at, item_count
FROM page
JOIN people USING (user_id)
ORDER BY rank
