-- A user counts in a figure: active ones alone, or those created in a time, as asked.
{activity}
  AND {created_between}
