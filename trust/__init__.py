"""What a run survives, tried many times: kills, full disks, Ctrl-C."""
