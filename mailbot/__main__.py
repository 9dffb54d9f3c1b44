"""`python -m mailbot` is `mailbot`."""

from __future__ import annotations

import sys

from mailbot.cli import main

sys.exit(main())
