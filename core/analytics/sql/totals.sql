-- How much there is of everything.
SELECT users, active_users, items, owners
FROM read_parquet($files)
