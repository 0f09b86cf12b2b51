-- How many users own how many items, in buckets; empty buckets are included.
WITH buckets (position, bucket, least, most) AS (
    VALUES
        (0, '0', 0, 0), (1, '1', 1, 1), (2, '2-5', 2, 5), (3, '6-10', 6, 10),
        (4, '11-50', 11, 50), (5, '51-100', 51, 100), (6, '101-1,000', 101, 1000),
        (7, 'more', 1001, 9223372036854775807)
)
SELECT bucket, coalesce(sum(users), 0)::BIGINT AS users
FROM buckets
LEFT JOIN read_parquet($files) ON item_count BETWEEN least AND most
GROUP BY bucket, position
ORDER BY position
