-- How many owners of what was created in a period match a filter.
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
)
SELECT count(*) AS users
FROM read_parquet($recent)
JOIN matching USING (user_id)
WHERE period = $period AND item_count BETWEEN $least AND $most
