-- The ranks of the owners of what was created in a period who match a filter.
SELECT rank
FROM read_parquet($recent)
JOIN (
    SELECT user_id
    FROM ({people})
    WHERE {person_matches}
) USING (user_id)
WHERE period = $period
    AND {count_matches}
