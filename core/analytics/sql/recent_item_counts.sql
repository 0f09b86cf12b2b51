-- How many users own exactly that many of the items created in a period, most items first.
SELECT item_count, count(*) AS users
FROM read_parquet($files)
WHERE period = $period
GROUP BY item_count
ORDER BY item_count DESC
