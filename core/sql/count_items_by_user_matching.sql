-- How many users own items and have a text in their address or name, whatever its case.
SELECT count(*) AS users
FROM read_parquet($files)
WHERE contains(search, lower($text))
