include $(sort $(wildcard $(BR2_EXTERNAL_MARQUEE_PATH)/package/*/*.mk))

# A line of the fragment that the kernel does not know is dropped without a word, and a driver would be missing on a box:
# the build stops instead, before the kernel is compiled.
define MARQUEE_CHECK_LINUX_CONFIG
	$(BR2_EXTERNAL_MARQUEE_PATH)/kconfig-check --wishes \
		$(BR2_EXTERNAL_MARQUEE_PATH)/../board/rpi4/linux.fragment \
		$(LINUX_DIR)/.config
endef
LINUX_POST_CONFIGURE_HOOKS += MARQUEE_CHECK_LINUX_CONFIG
