"""The judge: a process of its own, with packages of its own, that sees rows and never a system."""
