/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The machine a honeypot says it is: a small virtual server (docs/deception.md). Its kernel tells the
 * rest of the same story (kernel/driver/story.c).
 */
#include <stdint.h>

#include "base/text.h"

/* The command line of a kernel that was started without a boot loader, as its /proc/cmdline shows it. */
#define STORY_CMDLINE "root=/dev/vda ro quiet reboot=k panic=1 pci=off virtio_mmio.device=4K@0xd0000000:5 " \
		      "virtio_mmio.device=4K@0xd0001000:6"

/*
 * story_boot_log() - the lines dmesg begins with, of a machine with so much memory. @cpuinfo: the text of one
 * processor in /proc/cpuinfo, since whoever asks the processor itself hears the same.
 */
void story_boot_log(struct text *ret, uint32_t memory_mb, const char *cpuinfo);
