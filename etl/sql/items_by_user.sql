-- Every user with items, in rank order. `search` is what a search looks through: address and name
-- in lower case, with U+0000 between them, which no text in PostgreSQL can contain.
SELECT
    rank, user_id, email, full_name, is_active, created_at, item_count,
    lower(email || chr(0) || coalesce(full_name, '')) AS search
FROM owners
JOIN read_parquet(getvariable('users')) ON user_id = owner_id
ORDER BY rank
