"""The files of the page, and the headers that every answer has."""

from __future__ import annotations

from importlib import resources

__all__ = ["HEADERS", "read_pages"]

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; object-src 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def read_pages() -> dict[str, tuple[str, bytes]]:
    """Type and content of each file by its path, ``/`` being the page itself. There are no others: no path is ever
    looked for on the disk."""
    pages = {}
    for file in (resources.files("lso_native.explore") / "web").iterdir():
        kind = _TYPES.get("." + file.name.rpartition(".")[2])
        if kind is not None:
            pages[f"/{file.name}"] = (kind, file.read_bytes())
    pages["/"] = pages.pop("/index.html")
    return pages
