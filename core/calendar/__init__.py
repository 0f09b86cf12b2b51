"""Time as people name it: zones, periods, and days, weeks and months."""
