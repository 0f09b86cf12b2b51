-- Who of the users who own items matches a filter: the places of the ranking, of which `core/analytics/ranking/delta.py`
-- knows who left them, and below zero the ranks of those who joined since: one narrow column, as there
-- may be a million. What is NULL is not asked for, and then its column is not read: a text takes
-- longer to look through than all the rest. Of several words the longest, $text, is looked for first.
SELECT place AS number
FROM read_parquet($files)
WHERE ($text IS NULL OR contains(search, $text))
    AND ($others IS NULL
        OR len(list_filter($others::VARCHAR[], lambda word: NOT contains(search, word))) = 0)
    AND ($least IS NULL OR item_count >= $least) AND ($most IS NULL OR item_count <= $most)
    AND ($active IS NULL OR is_active = $active)
    AND ($since IS NULL OR created_at >= $since) AND ($until IS NULL OR created_at < $until)
UNION ALL
SELECT -rank
FROM read_parquet($joined)
WHERE ($text IS NULL OR contains(search, $text))
    AND ($others IS NULL
        OR len(list_filter($others::VARCHAR[], lambda word: NOT contains(search, word))) = 0)
    AND ($least IS NULL OR item_count >= $least) AND ($most IS NULL OR item_count <= $most)
    AND ($active IS NULL OR is_active = $active)
    AND ($since IS NULL OR created_at >= $since) AND ($until IS NULL OR created_at < $until)
