"""Calendar time: time zones, periods, and days, weeks and months."""
