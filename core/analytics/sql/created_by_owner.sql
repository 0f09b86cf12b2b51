-- How many items of one owner were created in each quarter of an hour; those without any are absent.
SELECT time_bucket(INTERVAL '15 minutes', created_at) AS quarter, count(*) AS items
FROM read_parquet($files)
WHERE owner_id = $user_id
GROUP BY ALL
ORDER BY quarter
