"""What is fuzzed: a module a target, called as the target is, with its ``TARGET``."""
