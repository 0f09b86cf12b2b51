-- A page of the owners of what was created in a period who match a filter; their names come for
-- the page alone, see `items_by_user_filtered.sql`.
WITH matching AS (
    SELECT user_id
    FROM read_parquet($files)
    WHERE contains(search, $text) AND list_contains($active::BOOLEAN[], is_active)
        AND created_at >= $since AND created_at < $until
        AND place NOT IN (SELECT place FROM read_parquet($left))
    UNION ALL
    SELECT user_id
    FROM read_parquet($joined)
    WHERE contains(search, $text) AND list_contains($active::BOOLEAN[], is_active)
        AND created_at >= $since AND created_at < $until
),
page AS (
    SELECT rank, user_id, item_count
    FROM read_parquet($recent)
    JOIN matching USING (user_id)
    WHERE period = $period AND item_count BETWEEN $least AND $most
    ORDER BY rank
    LIMIT $limit OFFSET $skip
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
