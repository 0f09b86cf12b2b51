-- Created in a time as lists have it: without its beginning, with its end; what is NULL narrows nothing.
($after::TIMESTAMPTZ IS NULL OR created_at > $after AND created_at <= $until)
