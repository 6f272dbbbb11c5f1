"""The command line, one module per verb: parse, load the recipe, call one library function, print.

Results go to standard output, progress and warnings to standard error. Exit codes: 0 done, 1 a check failed, 2 wrong
input, 130 stopped by the user.
"""
