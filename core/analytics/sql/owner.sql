-- One user by id; the files are sorted by id, so the other row groups are skipped.
SELECT user_id, email, full_name, is_active, created_at
FROM read_parquet($files)
WHERE user_id = $user_id
