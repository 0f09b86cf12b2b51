-- The ids of the items that match an owner and a time; what is NULL narrows nothing.
SELECT item_id
FROM read_parquet($files)
WHERE {item_asked}
ORDER BY item_id
