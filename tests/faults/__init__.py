"""What can go wrong around a refresh, made to happen: kills, full disks, damage, lost servers."""
