"""`python -m studybuddy`, the same as the console script."""

from studybuddy.cli import main

raise SystemExit(main())
