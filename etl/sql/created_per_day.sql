-- Rows created on each day (UTC) that saw any.
WITH days AS (
    SELECT created_at::DATE AS day, 1 AS users, 0 AS items FROM read_parquet(getvariable('users'))
    UNION ALL
    SELECT created_at::DATE, 0, 1 FROM read_parquet(getvariable('items'))
)
SELECT day, sum(users)::BIGINT AS users, sum(items)::BIGINT AS items
FROM days
GROUP BY day
ORDER BY day
