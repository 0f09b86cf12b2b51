-- The users who own most of what was created in a period. The file is in the order of their ranks,
-- which DuckDB keeps; to sort ten rows again takes longer than to read them.
SELECT user_id, email, full_name, item_count
FROM read_parquet($files)
WHERE period = $period AND rank <= $most
