-- A number of items matches a filter of owners; what is NULL is not asked for.
($least IS NULL OR item_count >= $least) AND ($most IS NULL OR item_count <= $most)
