# SPDX-License-Identifier: GPL-2.0-only
"""The live view of `mmscope top`.

look    one look at everything that is shown
blocks  the parts of the picture, as lines of styled text
frame   puts them beside and below each other, as the window has room
live    the terminal: keys, sizes, and all as it was before in the end
"""
