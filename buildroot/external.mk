include $(sort $(wildcard $(BR2_EXTERNAL_MARQUEE_PATH)/package/*/*.mk))
