# SPDX-License-Identifier: GPL-2.0-only
"""What scripts/vm is made of: packages, guest userland, modules, QEMU."""
