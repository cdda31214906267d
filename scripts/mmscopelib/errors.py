# SPDX-License-Identifier: GPL-2.0-only
"""The two ways in which a command fails."""


class Failure(Exception):
    """It did not work; one line that says what to do.  Exit status 1."""


class Usage(Exception):
    """It was asked wrongly; one line that says what is expected.  Exit status 2."""
