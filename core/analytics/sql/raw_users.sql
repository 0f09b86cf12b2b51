-- The users in a range of ids, or only those with certain ids in it.
SELECT *
FROM read_parquet($files)
WHERE user_id BETWEEN $first AND $last
    AND ($ids IS NULL OR user_id IN (SELECT unnest($ids::BIGINT[])))
ORDER BY user_id
