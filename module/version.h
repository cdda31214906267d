/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMS_VERSION_H
#define MMS_VERSION_H

/* The same as PACKAGE_VERSION in dkms.conf. */
#define MMS_VERSION	"0.1.0"

#endif /* MMS_VERSION_H */
