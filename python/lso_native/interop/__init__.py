"""Dense networks of other libraries, read and written: what comes and goes is an architecture and flat parameters."""
