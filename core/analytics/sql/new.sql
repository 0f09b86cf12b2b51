-- How many users and items were created in each period, and in an equally long time before it.
SELECT period, users, users_before, items, items_before
FROM read_parquet($files)
