-- A page of the users who own items and match a filter with a text in address or name, whatever
-- its case. Who stayed in the ranking has a place, who joined since has a rank; see `core/ranks.py`.
WITH matching AS (
    SELECT
        place, NULL::BIGINT AS rank,
        user_id, email, full_name, is_active, created_at, item_count
    FROM read_parquet($files)
    WHERE contains(search, $text)
        AND item_count BETWEEN $least AND $most AND list_contains($active::BOOLEAN[], is_active)
        AND created_at >= $since AND created_at < $until
        AND place NOT IN (SELECT place FROM read_parquet($left))
    UNION ALL
    SELECT NULL, rank, user_id, email, full_name, is_active, created_at, item_count
    FROM read_parquet($joined)
    WHERE contains(search, $text)
        AND item_count BETWEEN $least AND $most AND list_contains($active::BOOLEAN[], is_active)
        AND created_at >= $since AND created_at < $until
)
SELECT place, rank, user_id, email, full_name, is_active, created_at, item_count
FROM matching
ORDER BY item_count DESC, user_id
LIMIT $limit OFFSET $skip
