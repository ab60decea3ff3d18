"""What the subcommands of ``lso`` do, one module each."""
