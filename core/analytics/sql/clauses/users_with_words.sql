-- The users who have all words of a search in address or name, and match as in `user_asked`.
SELECT user_id
FROM read_parquet($files)
WHERE len({words_missing_in_user}) = 0
    AND {user_asked}
