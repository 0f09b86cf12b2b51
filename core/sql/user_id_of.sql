-- Which user has an address, whatever its case.
SELECT user_id
FROM read_parquet($files)
WHERE lower(email) = $email
