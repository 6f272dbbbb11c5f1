"""`python -m groundswell` is the command line."""

from groundswell.cli.main import main

if __name__ == "__main__":
    main()
