-- A person matches a filter of owners, but for how many items there are: see `count_matches`. What is
-- NULL is not asked for, and then its column is not read: a text takes longer to look through than
-- all the rest. Of several words the longest, $text, is looked for first.
($text IS NULL OR contains(search, $text))
    AND ($others IS NULL
        OR len(list_filter($others::VARCHAR[], lambda word: NOT contains(search, word))) = 0)
    AND {activity}
    AND {created_between}
