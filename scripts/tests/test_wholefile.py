# SPDX-License-Identifier: GPL-2.0-only
"""Files that are replaced as a whole."""

import os
import stat
import tempfile
import threading
import unittest
from unittest import mock

from mmscopelib.wholefile import write_whole


class Whole(unittest.TestCase):
    def setUp(self) -> None:
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = place.name
        self.path = os.path.join(place.name, "page")

    def read(self) -> str:
        with open(self.path, encoding="utf-8") as stream:
            return stream.read()

    def test_replaced(self) -> None:
        write_whole(self.path, "old, and longer")
        write_whole(self.path, "new")
        self.assertEqual(self.read(), "new")
        self.assertEqual(os.listdir(self.place), ["page"])

    def test_mode(self) -> None:
        write_whole(self.path, "", 0o600)
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)

    def test_behind_a_link(self) -> None:
        link = os.path.join(self.place, "link")
        os.symlink("page", link)
        write_whole(link, "text")
        self.assertTrue(os.path.islink(link))
        self.assertEqual(self.read(), "text")

    def test_no_file(self) -> None:
        """As /dev/null is none: it is written to and stays what it is."""
        os.mkfifo(self.path)
        got = []
        reader = threading.Thread(target=lambda: got.append(self.read()))
        reader.start()
        write_whole(self.path, "text")
        reader.join()
        self.assertEqual(got, ["text"])
        self.assertTrue(stat.S_ISFIFO(os.stat(self.path).st_mode))

    def test_not_all_of_it(self) -> None:
        write_whole(self.path, "old")
        for error in (OSError(28, "no room"), KeyboardInterrupt()):
            with mock.patch("os.replace", side_effect=error):
                with self.assertRaises(type(error)):
                    write_whole(self.path, "new")
            self.assertEqual(self.read(), "old")
            self.assertEqual(os.listdir(self.place), ["page"])
