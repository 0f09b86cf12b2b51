-- How many users and items are new in each period, and in as long a time before it.
SELECT period, users, users_before, items, items_before
FROM read_parquet($files)
