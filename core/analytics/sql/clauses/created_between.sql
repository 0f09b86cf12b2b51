-- Created in a time as figures have it: with its beginning, without its end; what is NULL narrows nothing.
($since::TIMESTAMPTZ IS NULL OR created_at >= $since)
AND ($until::TIMESTAMPTZ IS NULL OR created_at < $until)
