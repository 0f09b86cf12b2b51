-- The users who own the most items created in a period. The file is sorted by rank, and DuckDB keeps
-- that order; sorting ten rows again would take longer than reading them.
SELECT user_id, email, full_name, item_count
FROM read_parquet($files)
WHERE period = $period AND rank <= $most
