"""Files: written whole or not at all, and models in the package's own format."""

from lso_native._atomic import atomic, atomic_write_bytes, check_writable_dir

__all__ = ["atomic", "atomic_write_bytes", "check_writable_dir"]
