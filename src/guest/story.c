/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "story.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* field() - the value of @key's line, up to its end; empty if there is none */
static struct span field(const char *cpuinfo, const char *key)
{
	size_t n = strlen(key);

	for (const char *at = cpuinfo; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL) {
		const char *value = at + n;

		if (strncmp(at, key, n) || (*value != '\t' && *value != ' ' && *value != ':'))
			continue;
		value += strspn(value, "\t :");
		return (struct span){ value, strcspn(value, "\n") };
	}
	return (struct span){ "", 0 };
}

static bool has_flag(const char *cpuinfo, const char *flag)
{
	struct span flags = field(cpuinfo, "flags");
	size_t n = strlen(flag);

	for (size_t i = 0; i + n <= flags.len; i++)
		if (!memcmp(flags.at + i, flag, n) && (i == 0 || flags.at[i - 1] == ' ') &&
		    (i + n == flags.len || flags.at[i + n] == ' '))
			return true;
	return false;
}

static unsigned long number(const char *cpuinfo, const char *key)
{
	struct span s = field(cpuinfo, key);

	return s.len ? strtoul(s.at, NULL, 10) : 0;
}

static void processor(struct text *t, const char *cpuinfo)
{
	struct span mhz = field(cpuinfo, "cpu MHz"), model = field(cpuinfo, "model name");

	if (mhz.len)
		text_addf(t, "tsc: Detected %.*s MHz processor\n", (int)mhz.len, mhz.at);
	if (model.len)
		text_addf(t, "smpboot: CPU0: %.*s (family: 0x%lx, model: 0x%lx, stepping: 0x%lx)\n", (int)model.len, model.at,
			  number(cpuinfo, "cpu family"), number(cpuinfo, "model"), number(cpuinfo, "stepping"));
}

void story_boot_log(struct text *ret, uint32_t memory_mb, const char *cpuinfo)
{
	unsigned long last = (unsigned long)memory_mb << 20;
	bool kvm = has_flag(cpuinfo, "hypervisor");

	text_add(ret, "Command line: " STORY_CMDLINE "\n"
		      "BIOS-provided physical RAM map:\n"
		      "BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable\n");
	text_addf(ret, "BIOS-e820: [mem 0x0000000000100000-0x%016lx] usable\n", last - 1);
	text_add(ret, "NX (Execute Disable) protection: active\n"
		      "DMI not present or invalid.\n");
	if (kvm)
		text_add(ret, "Hypervisor detected: KVM\n"
			      "kvm-clock: Using msrs 4b564d01 and 4b564d00\n");
	processor(ret, cpuinfo);
	text_addf(ret, "last_pfn = 0x%lx max_arch_pfn = 0x400000000\n", last >> 12);
	text_add(ret, "x86/PAT: MTRRs disabled, skipping PAT initialization too.\n"
		      "found SMP MP-table at [mem 0x0009fc00-0x0009fc0f]\n"
		      "No NUMA configuration found\n"
		      "Intel MultiProcessor Specification v1.4\n"
		      "MPTABLE: OEM ID: FC\n"
		      "MPTABLE: Product ID: 000000000000\n"
		      "MPTABLE: APIC at: 0xFEE00000\n"
		      "Processor #0 (Bootup-CPU)\n"
		      "IOAPIC[0]: apic_id 2, version 17, address 0xfec00000, GSI 0-23\n"
		      "Processors: 1\n"
		      "smpboot: Allowing 1 CPUs, 0 hotplug CPUs\n");
	text_addf(ret, "Booting paravirtualized kernel on %s\n", kvm ? "KVM" : "bare hardware");
}
