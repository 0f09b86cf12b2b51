-- Everybody who owns items, by the names they have today: who kept a place in the ranking as it was
-- written, and who was added since.
SELECT user_id, email, full_name, is_active, created_at, search
FROM read_parquet($files)
WHERE place NOT IN (SELECT place FROM read_parquet($removed))
UNION ALL
SELECT user_id, email, full_name, is_active, created_at, search
FROM read_parquet($added)
