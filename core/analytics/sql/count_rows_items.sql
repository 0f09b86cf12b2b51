-- How many items a figure counts: those of one owner, or those created in a time, as asked.
-- What is NULL narrows nothing; the time includes its beginning and not its end.
SELECT count(*) AS rows
FROM read_parquet($files)
WHERE {figure_of_items}
