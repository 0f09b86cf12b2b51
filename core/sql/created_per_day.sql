-- How many users and items were created on each day (UTC) that saw any.
SELECT day, users, items
FROM read_parquet($files)
ORDER BY day
