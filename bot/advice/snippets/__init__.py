"""Ready configurations of programs for settings that were found, with the passwords left out.

One function per program writes its files; `programs` is the list of them. Nothing goes into a file but
host names (checked), numbers, and an account name in the quoting of that file's own syntax (`quoting`).
"""
