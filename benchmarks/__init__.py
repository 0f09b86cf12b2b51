"""What Tally's refresh costs, measured beside what one would use instead."""
