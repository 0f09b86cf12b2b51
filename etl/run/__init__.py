"""One refresh at a time: its lock, deadline, throttle and log."""
