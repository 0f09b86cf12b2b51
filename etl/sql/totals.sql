-- How much there is of everything: one row.
SELECT
    count(*) AS users,
    count(*) FILTER (is_active) AS active_users,
    (SELECT count(*) FROM read_parquet(getvariable('items'))) AS items,
    (SELECT count(*) FROM owners) AS owners
FROM read_parquet(getvariable('users'))
