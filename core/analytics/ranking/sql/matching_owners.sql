-- Who of the users who own items matches a filter, by slot: see `core/analytics/ranking/delta.py`. It
-- is one narrow column, as there may be a million.
SELECT place AS slot
FROM read_parquet($files)
WHERE {person_matches}
    AND {count_matches}
UNION ALL
SELECT -rank
FROM read_parquet($added)
WHERE {person_matches}
    AND {count_matches}
