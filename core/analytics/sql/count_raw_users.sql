-- How many users match: being active and a time; what is NULL narrows nothing.
SELECT count(*) AS users
FROM read_parquet($files)
WHERE {user_asked}
