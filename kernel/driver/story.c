// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine that is told (edits/virtual-machine.patch): what its boot log says first, its devices
 * on the virtio bus, its resources, its interrupts. A small virtual server as Firecracker and QEMU's
 * microvm make them has no PCI, ACPI or DMI, so neither has ours.
 */
#include <linux/clocksource.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/init.h>
#include <linux/ioport.h>
#include <linux/irq.h>
#include <linux/kernel.h>
#include <linux/kernel_stat.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/platform_device.h>
#include <linux/printk.h>
#include <linux/sched/clock.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "channel.h"
#include "host.h"
#include "version.h"

extern long elf_aux_hwcap;

void pv_boot_log(void);
struct device *pv_virtio(struct device *parent, const char *driver);
void pv_show_chip(struct irq_data *d, struct seq_file *m);
int arch_show_interrupts(struct seq_file *m, int prec);

/* --- the boot log ----------------------------------------------------------------------------- */

/* "bogomips : 4890.86", which agrees with the processor; then nothing is measured, as on KVM. */
static void __init set_bogomips(void)
{
	const struct skep_conf *c = pv_conf_next(NULL, SKEP_CONF_CPUINFO);
	const char *line = c ? strnstr(pv_conf_data(c), "\nbogomips", c->data_len) : NULL;
	unsigned int whole, hundredths;

	/* the text ends in a newline, where sscanf() stops */
	if (line && sscanf(line, "\nbogomips : %u.%2u", &whole, &hundredths) == 2 && whole < 1000000)
		lpj_fine = (whole * 100ul + hundredths) * (500000 / 100) / HZ;
}

void __init pv_boot_log(void)
{
	const struct skep_conf *c;
	const char *at, *end;

	if (!pv_channel_open())
		return;
	set_bogomips();
	c = pv_conf_next(NULL, SKEP_CONF_BOOT_LOG);
	if (!c)
		return;
	at = pv_conf_data(c);
	end = at + c->data_len;
	while (at < end) {
		const char *stop = memchr(at, '\n', end - at);

		stop = stop ? stop : end;
		printk(KERN_INFO "%.*s\n", (int)(stop - at), at);
		at = stop + 1;
	}
}

/* Stamps and times to the microsecond: the weak one counts ticks. */
unsigned long long notrace sched_clock(void)
{
	static u64 first;
	u64 now = pv_host_monotonic_ns();

	if (!first)
		first = now;
	return now - first;
}

/* --- the virtio bus --------------------------------------------------------------------------- */

static int virtio_match(struct device *dev, PV_CONST_DRIVER struct device_driver *driver)
{
	return !strcmp(dev_get_drvdata(dev), driver->name);
}

static struct bus_type virtio_bus = { .name = "virtio", .match = virtio_match };

static int __init bus_init(void)
{
	return bus_register(&virtio_bus);
}
postcore_initcall(bus_init);

static void release(struct device *dev)
{
	kfree(dev);
}

/*
 * pv_virtio() - a device below the platform device @parent, bound to a driver of that name, for a disk or a network card
 * to be at. Never removed; @parent itself if there is no memory.
 */
struct device *pv_virtio(struct device *parent, const char *driver)
{
	struct device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	struct device_driver *d = kzalloc(sizeof(*d), GFP_KERNEL);

	if (!dev || !d) {
		kfree(dev);
		kfree(d);
		return parent;
	}
	d->name = driver;
	d->bus = &virtio_bus;
	dev->parent = parent;
	dev->bus = &virtio_bus;
	dev->release = release;
	dev_set_drvdata(dev, (void *)driver);
	dev_set_name(dev, "virtio%d", to_platform_device(parent)->id);
	if (driver_register(d) < 0)
		kfree(d);
	if (device_register(dev) < 0) {
		put_device(dev);
		return parent;
	}
	return dev;
}

/* --- resources -------------------------------------------------------------------------------- */

#define RAM (IORESOURCE_MEM | IORESOURCE_BUSY)
#define PORT (IORESOURCE_IO | IORESOURCE_BUSY)
#define R(type, from, to, what) { .flags = (type), .start = (from), .end = (to), .name = (what) }

static struct resource resources[] = {
	R(RAM, 0x00000000, 0x00000fff, "Reserved"), R(RAM, 0x00001000, 0x0009fbff, "System RAM"),
	R(RAM, 0x0009fc00, 0x000fffff, "Reserved"), R(RAM, 0x00100000, 0, "System RAM"),
	R(RAM, 0x01000000, 0x01c00fff, "Kernel code"), R(RAM, 0x01e00000, 0x0227efff, "Kernel rodata"),
	R(RAM, 0x02400000, 0x0264b53f, "Kernel data"), R(RAM, 0x02934000, 0x02bfffff, "Kernel bss"),
	R(RAM, 0xd0000000, 0xd0000fff, "virtio-mmio.0"), R(RAM, 0xd0001000, 0xd0001fff, "virtio-mmio.1"),
	R(RAM, 0xfec00000, 0xfec003ff, "IOAPIC 0"), R(RAM, 0xfee00000, 0xfee00fff, "Local APIC"),
	R(PORT, 0x0000, 0x001f, "dma1"), R(PORT, 0x0020, 0x0021, "pic1"), R(PORT, 0x0040, 0x0043, "timer0"),
	R(PORT, 0x0050, 0x0053, "timer1"), R(PORT, 0x0060, 0x0060, "keyboard"), R(PORT, 0x0064, 0x0064, "keyboard"),
	R(PORT, 0x0070, 0x0071, "rtc0"), R(PORT, 0x0080, 0x008f, "dma page reg"), R(PORT, 0x00a0, 0x00a1, "pic2"),
	R(PORT, 0x00c0, 0x00df, "dma2"), R(PORT, 0x00f0, 0x00ff, "fpu"), R(PORT, 0x03f8, 0x03ff, "serial"),
};
enum { REST_OF_MEMORY = 3 };

static int __init resources_init(void)
{
	u32 a = 1, b, c, d;

	asm("cpuid" : "+a" (a), "=b" (b), "=c" (c), "=d" (d));
	elf_aux_hwcap = d;	/* what every program is told (AT_HWCAP) */
	resources[REST_OF_MEMORY].end = PFN_PHYS(get_num_physpages()) - 1;
	for (unsigned int i = 0; i < ARRAY_SIZE(resources); i++)
		insert_resource(resources[i].flags & IORESOURCE_IO ? &ioport_resource : &iomem_resource, &resources[i]);
	return 0;
}
subsys_initcall(resources_init);

/* --- interrupts ------------------------------------------------------------------------------- */

/* As an interrupt controller with 24 pins is shown; the timer is at its third. */
void pv_show_chip(struct irq_data *d, struct seq_file *m)
{
	seq_printf(m, "  IO-APIC %3u-edge    ", d->irq ? d->irq : 2);
}

int arch_show_interrupts(struct seq_file *m, int prec)
{
	static const struct { const char *name, *what; } rows[] = {
		{ "NMI", "Non-maskable interrupts" }, { "LOC", "Local timer interrupts" },
		{ "SPU", "Spurious interrupts" }, { "PMI", "Performance monitoring interrupts" },
		{ "IWI", "IRQ work interrupts" }, { "RTR", "APIC ICR read retries" },
		{ "RES", "Rescheduling interrupts" }, { "CAL", "Function call interrupts" },
		{ "TLB", "TLB shootdowns" }, { "TRM", "Thermal event interrupts" },
		{ "THR", "Threshold APIC interrupts" }, { "DFR", "Deferred Error APIC interrupts" },
		{ "MCE", "Machine check exceptions" }, { "MCP", "Machine check polls" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned int n = strcmp(rows[i].name, "LOC") ? 0 : kstat_irqs_usr(0);

		seq_printf(m, "%*s: %10u   %s\n", prec, rows[i].name, n, rows[i].what);
	}
	seq_printf(m, "%*s: %10u\n%*s: %10u\n", prec, "ERR", 0, prec, "MIS", 0);
	return 0;
}
