################################################################################
#
# marquee
#
################################################################################

# The commit this tree is part of. Its hash names the archive and the build folder, so that another commit is built
# anew; changes that are not committed are not built.
MARQUEE_REPOSITORY = $(BR2_EXTERNAL_MARQUEE_PATH)/..
MARQUEE_VERSION := $(or $(shell git -C $(BR2_EXTERNAL_MARQUEE_PATH) rev-parse HEAD 2>/dev/null),without-git)
# A `local` site would be neither archived nor vendored, and cargo runs offline: the archive is made below, and goes
# through the same download step as any other, which vendors the crates that Cargo.lock names.
MARQUEE_SITE = $(BASE_DIR)/marquee-source
MARQUEE_SITE_METHOD = file
# There is no .hash file: the commit vouches for the source, the checksums of Cargo.lock for the crates.

MARQUEE_DEPENDENCIES = \
	gst1-plugins-base \
	gstreamer1 \
	host-pkgconf \
	openssl

# The archive's times are the commit's, so the same commit gives the same archive.
define MARQUEE_ARCHIVE_SOURCE
	mkdir -p $(MARQUEE_SITE)
	git -C $(MARQUEE_REPOSITORY) archive --format=tar.gz \
		--prefix=marquee-$(MARQUEE_VERSION)/ \
		-o $(MARQUEE_SITE)/$(MARQUEE_SOURCE) $(MARQUEE_VERSION)
endef
MARQUEE_PRE_DOWNLOAD_HOOKS += MARQUEE_ARCHIVE_SOURCE

# LLVM takes it that a Cortex-A72 has the AES and SHA instructions. The Pi's has not, and code that asks at compile
# time (the sha1 crate does, at each WebSocket handshake) would die of SIGILL. GCC's -mcpu=cortex-a72 leaves them out.
MARQUEE_RUSTFLAGS = \
	-Ctarget-cpu=$(GCC_TARGET_CPU) \
	-Ctarget-feature=-aes,-sha2

# These come after Buildroot's own settings and win; they are those of scripts/cross.
# The target's pkg-config is a wrapper that knows its sysroot, but the pkg-config crate must be told.
MARQUEE_CARGO_ENV = \
	CARGO_PROFILE_RELEASE_CODEGEN_UNITS="1" \
	CARGO_PROFILE_RELEASE_LTO="fat" \
	CARGO_PROFILE_RELEASE_OPT_LEVEL="3" \
	CARGO_TARGET_$(call UPPERCASE,$(RUSTC_TARGET_NAME))_RUSTFLAGS="$(MARQUEE_RUSTFLAGS)" \
	PKG_CONFIG_ALLOW_CROSS="1"

$(eval $(cargo-package))
