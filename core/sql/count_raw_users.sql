-- How many users have an address or name that contains a text, whatever its case.
SELECT count(*) AS users
FROM read_parquet($files)
WHERE contains(lower(email), $text) OR contains(lower(full_name), $text)
