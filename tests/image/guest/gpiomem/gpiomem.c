// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/gpiomem, as the Raspberry Pi's own kernel has it and Debian's has not: who may open it can map the registers of
 * the pins, and nothing else.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_address.h>

static struct resource registers;

static int gpiomem_mmap(struct file *file, struct vm_area_struct *area)
{
	if (area->vm_pgoff != 0 || area->vm_end - area->vm_start > PAGE_SIZE)
		return -EINVAL;
	return io_remap_pfn_range(area, area->vm_start, registers.start >> PAGE_SHIFT, PAGE_SIZE,
				  pgprot_device(area->vm_page_prot));
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.mmap = gpiomem_mmap,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "gpiomem",
	.fops = &operations,
};

static int __init gpiomem_init(void)
{
	struct device_node *node = of_find_compatible_node(NULL, NULL, "brcm,bcm2711-gpio");
	int failed = node ? of_address_to_resource(node, 0, &registers) : -ENODEV;

	of_node_put(node);
	return failed ? failed : misc_register(&device);
}

static void __exit gpiomem_exit(void)
{
	misc_deregister(&device);
}

module_init(gpiomem_init);
module_exit(gpiomem_exit);
MODULE_DESCRIPTION("The pins' registers for user space, for tests");
MODULE_LICENSE("GPL");
