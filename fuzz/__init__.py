"""Whatever bytes come in, either something valid comes of them or the one error that is documented: README.md."""
