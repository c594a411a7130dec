# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154 # variables of dkms
#
# autoinstall.sh: "dkms autoinstall", of ours, fails nobody. dkms.conf sources it; bash.
#
# Packages of kernels and headers run "dkms autoinstall". Up to dkms 3.0.10 it fails where a module
# excludes itself, and in all of 3.x where one does not build; with it fails the installation of that kernel. So
# while autoinstall reads dkms.conf, this does what autoinstall would do, and then asks for nothing.

# icache_ipi_autoinstall: installs this module for the kernel in question, or says in one line why not
icache_ipi_autoinstall()
{
	local target code=0 log
	# read_conf() is told of another kernel in dkms 2 and 3.0; it hides the one of the command line.
	target=$(unset kernelver; echo "${kernelver:-}")
	target=${target:-$kernelver}
	[ -e "/lib/modules/$target/build" ] || return 0
	log=$("$0" install -m "$PACKAGE_NAME" -v "$PACKAGE_VERSION" -k "$target" --dkmstree "$dkms_tree" \
		--sourcetree "$source_tree" </dev/null 2>&1) || code=$?
	# 9, in dkms 3 also 77: it is not for this kernel.
	case $code in 0 | 9 | 77) return 0 ;; esac
	printf '%s\n' "$log" "$PACKAGE_NAME: not built for $target (dkms: $code); nothing else fails for that" >&2
}

case " ${FUNCNAME[*]} " in
*" autoinstall "*)
	icache_ipi_autoinstall
	AUTOINSTALL=""
	;;
esac
