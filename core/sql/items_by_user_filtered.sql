-- A page of the users who own items and match a filter without a text. What is filtered is narrow,
-- so that a page far down needs no names of those before it; names come for the page alone.
WITH matching AS (
    SELECT place, NULL::BIGINT AS rank, user_id, item_count
    FROM read_parquet($files)
    WHERE item_count BETWEEN $least AND $most AND list_contains($active::BOOLEAN[], is_active)
        AND created_at >= $since AND created_at < $until
        AND place NOT IN (SELECT place FROM read_parquet($left))
    UNION ALL
    SELECT NULL, rank, user_id, item_count
    FROM read_parquet($joined)
    WHERE item_count BETWEEN $least AND $most AND list_contains($active::BOOLEAN[], is_active)
        AND created_at >= $since AND created_at < $until
),
page AS (
    SELECT place, rank
    FROM matching
    ORDER BY item_count DESC, user_id
    LIMIT $limit OFFSET $skip
)
SELECT
    place, NULL::BIGINT AS rank, user_id, email, full_name, is_active, created_at, item_count
FROM read_parquet($files)
JOIN page USING (place)
UNION ALL
SELECT NULL, rank, user_id, email, full_name, is_active, created_at, item_count
FROM read_parquet($joined)
JOIN page USING (rank)
ORDER BY item_count DESC, user_id
