"""What a run found: tables for a terminal, and report.html, one file to judge the run by.

The page needs jinja2 and matplotlib (the extra 'experiments'); the tables need neither.
"""

from .folder import read_results
from .page import check_installed, write_report
from .tables import sensitivity_rows, text_report

__all__ = [
    "check_installed",
    "read_results",
    "sensitivity_rows",
    "text_report",
    "write_report",
]
