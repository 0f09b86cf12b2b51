-- How many items match an owner and a time; what is NULL narrows nothing.
SELECT count(*) AS items
FROM read_parquet($files)
WHERE {item_asked}
