-- How many items have a title that contains a text, whatever its case, or are a certain user's.
SELECT count(*) AS items
FROM read_parquet($files)
WHERE contains(lower(title), $text) OR owner_id = $owner
