-- A user is active or not, and was created in a time, as asked.
{activity}
    AND {created_after}
