// SPDX-License-Identifier: GPL-2.0-only
/* What an intruder's script tries to load in the lab. It would say hello, and it never gets to. */
#include <linux/init.h>
#include <linux/module.h>

static int __init nosy_init(void)
{
	pr_info("nosy: hello\n");
	return 0;
}

static void __exit nosy_exit(void)
{
	pr_info("nosy: bye\n");
}

module_init(nosy_init);
module_exit(nosy_exit);
MODULE_DESCRIPTION("a harmless module");
MODULE_LICENSE("GPL");
