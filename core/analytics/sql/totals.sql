-- The numbers of users, active users, items and owners.
SELECT users, active_users, items, owners
FROM read_parquet($files)
