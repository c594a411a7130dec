#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# status.t: icache-ipi-status on made-up machines
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/kernels.sh"
. "$top/tests/lib/modules.sh"
. "$top/tests/lib/unpacked.sh"
[ "$(uname -m)" != aarch64 ] || CROSS_COMPILE=''
status=$O/icache-ipi-status
cd "$scratch"
kernel=4.19.0-2-arm64

# machine NAME: an arm64 machine with nothing of ours
machine()
{
	root=$scratch/$1
	mkdir -p "$root/proc/sys/kernel" "$root/sys/kernel/security" "$root/sys/module" "$root/dev" \
		"$root/usr/src" "$root/lib/modules/$kernel"
	echo $kernel >"$root/proc/sys/kernel/osrelease"
	echo '[none] integrity confidentiality' >"$root/sys/kernel/security/lockdown"
	echo '6,1,1,-;Linux version' >"$root/dev/kmsg"
}

# source, headers, built [KERNEL], loaded STATE, refused WORD TEXT: what has happened to it since
source_there() { mkdir -p "$root/usr/src/icache-ipi-mitigate-0.1.0" && touch "$root/usr/src/icache-ipi-mitigate-0.1.0/dkms.conf"; }
headers_there() { mkdir -p "$root/lib/modules/$kernel/build" && touch "$root/lib/modules/$kernel/build/Makefile"; }
# built KERNEL [FOLDER]: a module is there, and depmod was told
built()
{
	mkdir -p "$root/lib/modules/$1/${2-updates/dkms}" && cp "$ko" "$root/lib/modules/$1/${2-updates/dkms}/"
	depmod -b "$root" "$1" 2>/dev/null
}
loaded()
{
	mkdir -p "$root/sys/module/icache_ipi_mitigate"
	for value in state="$1" method=branch hits=5120 flushed_bytes=31457280 since=1548080495; do
		echo "${value#*=}" >"$root/sys/module/icache_ipi_mitigate/${value%%=*}"
	done
}
refused() { echo "3,2,2,-;icache_ipi_mitigate: event=refused reason=$1 error=-1 text=\"$2\"" >>"$root/dev/kmsg"; }

# says CODE PATTERN... NAME: the exit code, and a line for each pattern
says()
{
	run "$status" --root "$root"
	wanted=$1
	shift
	name=''
	for name; do :; done
	is "$rc" "$wanted" "$name: exit $wanted"
	while [ $# -gt 1 ]; do
		like "$out" "$1" "$name: $1"
		shift
	done
}

ko=$(module_build "$(kernel_build_dir)" mitigate "$scratch/ko")

machine nothing
says 3 '^kernel +4.19.0-2-arm64, headers not there' '^lockdown +none' '^  source   not installed' \
	'^  built    for no kernel' '^next .*install icache-ipi-mitigate-dkms' 'nothing installed'
printf 'processor\t: 0\nvendor_id\t: GenuineIntel\n' >"$root/proc/cpuinfo"
says 0 '^next +nothing: this machine is not arm64' 'another architecture'
printf 'processor\t: 0\nBogoMIPS\t: 125.00\nCPU implementer\t: 0x41\n' >"$root/proc/cpuinfo"
says 3 '^next .*install icache-ipi-mitigate-dkms' 'arm64, by its cpuinfo'
machine source
source_there
says 3 '^  source   icache-ipi-mitigate 0.1.0' \
	'^next .*linux-headers-4.19.0-2-arm64, RPM: kernel-devel-4.19.0-2-arm64' 'no headers'
headers_there
says 3 '^kernel .*headers there' '^next .*4.19.0 to 4.19.19' 'headers, and dkms did not build'
built 4.19.0-1-arm64
says 3 '^  built    for 4.19.0-1-arm64, by no package, not signed' '^next .*4.19.0 to 4.19.19' \
	'built for another kernel'
built $kernel
says 3 '^  built    for 4.19.0-2-arm64 \(running\), by no package, not signed' '^next +modprobe' 'built, not loaded'

# Where modules_install, dkms, kmod packages and weak-modules put it: what depmod found, and nothing else
for place in updates/dkms updates extra kernel/extra kernel/drivers/misc extra/icache-ipi-mitigate; do
	machine "place-$(echo $place | tr / -)"
	built $kernel $place
	says 3 '^  built    for 4.19.0-2-arm64 \(running\), by no package' '^next +modprobe' "in $place"
done
mkdir -p "$root/lib/modules/5.0.0/extra" && cp "$ko" "$root/lib/modules/5.0.0/extra/"
is "$("$status" --root "$root" | grep --count '^  built    for 5.0.0')" 0 'a file that depmod was not told of: modprobe does not see it'
machine weak
mkdir -p "$root/lib/modules/$kernel/weak-updates/ours"
ln -s /lib/modules/4.19.0-1-arm64/extra/icache_ipi_mitigate.ko "$root/lib/modules/$kernel/weak-updates/ours/"
echo 'weak-updates/ours/icache_ipi_mitigate.ko: kernel/other.ko' >"$root/lib/modules/$kernel/modules.dep"
says 3 'for 4.19.0-2-arm64 \(running\), by weak-modules, which was for 4.19.0-1-arm64' 'weak-updates'
machine by-dkms
built $kernel extra
mkdir -p "$root/var/lib/dkms/icache-ipi-mitigate"
ln -s "0.2.0-1/$kernel/aarch64" "$root/var/lib/dkms/icache-ipi-mitigate/kernel-$kernel-aarch64"
says 3 'for 4.19.0-2-arm64 \(running\), by dkms, 0.2.0-1' 'by dkms, in a place of another distribution'
machine by-dpkg
built $kernel extra
mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates"
echo 1 >"$root/var/lib/dpkg/info/format"
printf '%s\n' 'Package: our-modules' 'Status: install ok installed' 'Architecture: all' 'Version: 1' 'Maintainer: a' 'Description: a' \
	>"$root/var/lib/dpkg/status"
echo "/usr/lib/modules/$kernel/extra/icache_ipi_mitigate.ko" >"$root/var/lib/dpkg/info/our-modules.list"
says 3 'for 4.19.0-2-arm64 \(running\), by the package our-modules' 'by a package of dpkg'

# kmod-icache-ipi-mitigate brings a module and no source; its place is that of its spec.
if [ "$(id -u)" = 0 ] && command -v rpmbuild >/dev/null; then
	machine kmod
	place=$(sed -n 's,^/lib/modules/%{kernel_release}/\(extra/.*\)/$,\1,p' "$top/rpm/kmod-icache-ipi-mitigate.spec")
	cat >kmod.spec <<-END
		Name: kmod-icache-ipi-mitigate
		Version: 1
		Release: 1
		Summary: As the real one
		License: GPL-2.0-only
		BuildArch: noarch
		%description
		As the real one.
		%install
		install -D -m 644 $ko %{buildroot}/lib/modules/$kernel/$place/icache_ipi_mitigate.ko
		%files
		/lib/modules/$kernel/$place
	END
	run rpmbuild -bb --quiet --define="_topdir $scratch/rpm" --define='__os_install_post %{nil}' \
		--define='_binaries_in_noarch_packages_terminate_build 0' kmod.spec
	rpm --root="$root" --install --nodeps "$scratch"/rpm/RPMS/noarch/*.rpm 2>rpm.log || sed 's/^/# /' rpm.log
	depmod -b "$root" $kernel 2>/dev/null
	says 3 '^  source   not installed' 'for 4.19.0-2-arm64 \(running\), by the package kmod-icache-ipi-mitigate' \
		'^next +modprobe' 'prebuilt, in an RPM'
	echo 4.19.0-3-arm64 >"$root/proc/sys/kernel/osrelease"
	says 3 '^next +kmod-icache-ipi-mitigate is for 4.19.0-2-arm64: install the one for 4.19.0-3-arm64' \
		'prebuilt for another kernel'
	is "$(printf '%s\n' "$out" | grep --count mitigate-dkms)" 0 '... what it conflicts with is not advised'
else
	skip 'prebuilt, in an RPM' 'not root, or no rpmbuild'
fi

# --- what packages print: one line, of the running kernel, in each state ---
mkdir programs
cp "$status" programs/icache-ipi-status
# next WANTED NAME [OPTION]: with a check that exits with $verdict
next()
{
	printf '#!/bin/sh\nexit %s\n' "$verdict" >programs/icache-ipi-check
	chmod +x programs/icache-ipi-check
	run programs/icache-ipi-status --root "$root" "${3---next}"
	is "$rc $out" "0 $1" "--next: $2"
}
ours="icache-ipi-mitigate: kernel $kernel" theirs="icache-ipi-repro: kernel $kernel"
machine next
verdict=0
next "$ours, fixed; next: nothing: this kernel does not need it" fixed
verdict=1
next "$ours, dormant or mitigated; next: nothing: this kernel is dormant or mitigated here" dormant
verdict=2
source_there
headers='linux-headers-4.19.0-2-arm64'
next "$ours, affected; next: install the headers (Debian: $headers, RPM: kernel-devel-$kernel), then: dkms autoinstall" \
	'affected, without headers, on a system that it does not know'
mkdir -p "$root/usr/bin" && touch "$root/usr/bin/dnf"
next "$ours, affected; next: dnf install kernel-devel-$kernel && dkms autoinstall" '... with dnf'
echo 4.19.0-2.aarch64+64k >"$root/proc/sys/kernel/osrelease"
next "icache-ipi-mitigate: kernel 4.19.0-2.aarch64+64k, affected; next: dnf install 'kernel-devel-uname-r = 4.19.0-2.aarch64+64k' && dkms autoinstall" \
	'... a variant of a kernel, whose package has another name'
# shellcheck disable=SC2016 # nothing here shall expand it, either
for evil in '4.19.0;reboot' '4.19.0$(reboot)' '4.19.0 x' ../../tmp "4.19.0'"; do
	echo "$evil" >"$root/proc/sys/kernel/osrelease"
	run "$O/icache-ipi-status" --root "$root"
	is "$rc:$out" 3: "a kernel by the name of $evil: no advice"
	like "$err" 'names no kernel' "a kernel by the name of $evil: says why"
done
echo $kernel >"$root/proc/sys/kernel/osrelease"
touch "$root/usr/bin/apt-get"
next "$ours, affected; next: apt install $headers" '... with apt'
verdict=3
next "$ours; next: apt install $headers" '... whose check does not know'
verdict=2
headers_there
next "$ours, affected; next: dkms builds it for 4.19.0 to 4.19.19 and 4.20.0 to 4.20.6; for others put BUILD_EXCLUSIVE_KERNEL=. into /etc/dkms/icache-ipi-mitigate.conf, then: dkms autoinstall" \
	'affected, and excluded by its version'
mkdir -p "$root/var/lib/dkms/icache-ipi-mitigate/0.1.0/build"
log=$root/var/lib/dkms/icache-ipi-mitigate/0.1.0/build/make.log
echo "DKMS make.log for icache-ipi-mitigate-0.1.0 for kernel $kernel (aarch64)" >"$log"
next "$ours, affected; next: it did not build: /var/lib/dkms/icache-ipi-mitigate/0.1.0/build/make.log says why; then: dkms autoinstall" \
	'affected, and the build failed'
echo 'DKMS (dkms-3.2.2) make.log for icache-ipi-mitigate/0.1.0 for kernel 4.19.0-27-arm64 (aarch64)' >"$log"
run programs/icache-ipi-status --root "$root" --next
like "$out" '; next: dkms builds it for' '--next: ... for another kernel'
built $kernel
next "$ours, affected; next: modprobe icache_ipi_mitigate: it loads only where it helps; at each boot: systemctl enable icache-ipi-mitigate" \
	'affected, and built'
machine next-none
touch "$root/usr" && mkdir -p "$root/usr/bin" && touch "$root/usr/bin/dnf"
next "$ours, affected; next: dnf install icache-ipi-mitigate-dkms" 'affected, with nothing of ours'
mkdir -p "$root/usr/src/icache-ipi-repro-0.1.0" && touch "$root/usr/src/icache-ipi-repro-0.1.0/dkms.conf"
next "$theirs, affected; next: dnf install kernel-devel-$kernel && dkms autoinstall" 'the reproducer' --next=repro
headers_there
next "$theirs, affected; next: dkms autoinstall" 'the reproducer, with headers' --next=repro
mkdir -p "$root/run/systemd"
echo lxc >"$root/run/systemd/container"
elsewhere="nothing here: in a container or a chroot the kernel is another system's, and so is the module"
next "$ours; next: $elsewhere" 'a container'
next "$theirs; next: $elsewhere" 'a container: the reproducer' --next=repro
printf 'processor\t: 0\nvendor_id\t: GenuineIntel\n' >"$root/proc/cpuinfo"
next "$ours; next: nothing: this machine is not arm64, and only arm64 kernels have the fault" 'another architecture'
run programs/icache-ipi-status --root /nowhere --next
is "$rc $out" "0 icache-ipi-mitigate: kernel unknown; next: $elsewhere" '--next: no /proc'
run programs/icache-ipi-status --next=mitigation
is "$rc" 64 '--next: a word that it does not know'
# A chroot of this machine, whose processors are taken for those of another
mkdir -p jail/proc jail/bin
cp programs/icache-ipi-status jail/bin/
ldd programs/icache-ipi-status | grep --only-matching '/[^ ]*' | while read -r library; do
	mkdir -p "jail${library%/*}" && cp "$library" "jail$library"
done
printf 'CPU implementer\t: 0x41\n' >implementer
if [ "$(id -u)" = 0 ] && run unshare --mount --propagation private sh -euc 'mount -t proc proc jail/proc
	mount --bind implementer jail/proc/cpuinfo
	chroot jail /bin/icache-ipi-status --next' && [ "$rc" = 0 ]; then
	is "$out" "icache-ipi-mitigate: kernel $(uname -r); next: $elsewhere" '--next: a chroot'
else
	skip '--next: a chroot' "this machine lets nobody change its root: $err"
fi

machine source
loaded mitigated
says 1 '^  loaded   yes' '^  state    mitigated by branch since 2019-01-21 14:21:35 UTC' \
	'^  spared   5120 broadcasts, 31457280 bytes flushed' '^next +nothing now' 'mitigated'
# 50 million in ten million seconds; some more may pass meanwhile.
echo 50000000 >"$root/sys/module/icache_ipi_mitigate/hits"
echo $(($(date +%s) - 10000000)) >"$root/sys/module/icache_ipi_mitigate/since"
says 1 '^  rate     5\.0 broadcasts a second would interrupt all CPUs$' 'mitigated: what it would cost now'
echo >"$root/sys/module/icache_ipi_mitigate/since"
is "$("$status" --root "$root" | grep -c '^  rate')" 0 '... which needs to know since when'
loaded dormant
says 1 '^  state    dormant' '^next +nothing' 'dormant'
loaded affected
says 2 '^  state    affected' '^next +something else changed the same code' 'overwritten'
mkdir -p "$root/etc/systemd/system/sysinit.target.wants"
touch "$root/etc/systemd/system/sysinit.target.wants/icache-ipi-mitigate.service"
says 2 '^  at boot  icache-ipi-mitigate.service is enabled' 'enabled at boot'

machine fixed
refused fixed 'this kernel is fixed: making a user page executable interrupts nobody, nothing to do'
says 0 '^  refused  fixed: this kernel is fixed' '^next +nothing' 'refused: fixed'
machine vipt
refused dormant 'an I-cache here is VIPT: this kernel does not broadcast on this machine, nothing to do'
says 1 '^  refused  dormant: an I-cache' '^next +nothing' 'refused: VIPT'
machine lockdown
echo 'none [integrity] confidentiality' >"$root/sys/kernel/security/lockdown"
refused locked-down 'this kernel is locked down and forbids kprobes (Secure Boot?): only booting a fixed kernel helps'
says 3 '^lockdown +integrity' '^next +boot a kernel with the fix' 'refused: locked down'
machine signed
says 3 'Secure Boot: no EFI, modules: any$' 'no EFI'
mkdir -p "$root/sys/firmware/efi/efivars" "$root/sys/module/module/parameters"
says 3 'Secure Boot: unknown, modules: any$' 'EFI whose variables are not to be seen'
variable=$root/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
printf '\006\000\000\000\000' >"$variable"
echo N >"$root/sys/module/module/parameters/sig_enforce"
says 3 'Secure Boot: off, modules: any$' 'Secure Boot off'
printf '\006\000\000\000\001' >"$variable"
echo 'none [integrity] confidentiality' >"$root/sys/kernel/security/lockdown"
says 3 'lockdown +integrity, Secure Boot: on, modules: only signed ones$' 'Secure Boot on'
echo '[none] integrity confidentiality' >"$root/sys/kernel/security/lockdown"
echo Y >"$root/sys/module/module/parameters/sig_enforce"
built $kernel
says 3 'modules: only signed ones$' '^next .*mokutil --import /var/lib/dkms/mok.pub' 'not signed'
mkdir -p "$root/var/lib/shim-signed/mok" "$root/etc/dkms/framework.conf.d"
: >"$root/var/lib/shim-signed/mok/MOK.der"
says 3 'modules: only signed ones$' '^next .*--import /var/lib/shim-signed/mok/MOK.der,' "not signed, Ubuntu's key"
printf '# mok_certificate=/no\nmok_certificate="/etc/keys/a.der"\n' >"$root/etc/dkms/framework.conf"
says 3 'modules: only signed ones$' '^next .*--import /etc/keys/a.der,' 'not signed, the key of framework.conf'
echo mok_certificate=/etc/keys/b.der >"$root/etc/dkms/framework.conf.d/site.conf"
says 3 'modules: only signed ones$' '^next .*--import /etc/keys/b.der,' '... of framework.conf.d, which counts'
rm -r "$root/var/lib/shim-signed" "$root/etc/dkms/framework.conf" "$root/etc/dkms/framework.conf.d"
openssl req -new -x509 -newkey rsa:2048 -nodes -days 1 -subj '/CN=A machine of a test/' \
	-keyout key.pem -out key.x509 2>/dev/null
cc -w -o sign-file "$(kernel_tree)/scripts/sign-file.c" -lcrypto
./sign-file sha256 key.pem key.x509 \
	"$root/lib/modules/$kernel/updates/dkms/icache_ipi_mitigate.ko"
says 3 'signed by A machine of a test$' '^next +modprobe' 'signed'
cp "$root/lib/modules/$kernel/updates/dkms/icache_ipi_mitigate.ko" module
echo damage >"$root/lib/modules/$kernel/updates/dkms/icache_ipi_mitigate.ko"
says 3 'which modinfo cannot read$' '^next .*mokutil' 'a damaged module is not called signed'
mv module "$root/lib/modules/$kernel/updates/dkms/icache_ipi_mitigate.ko"
loaded mitigated
modinfo -F srcversion "$ko" >"$root/sys/module/icache_ipi_mitigate/srcversion"
says 1 '^  loaded   yes$' '^next +nothing now' 'the installed one is loaded'
echo 0123456789ABCDEF >"$root/sys/module/icache_ipi_mitigate/srcversion"
says 1 '^  loaded   yes, but not the one that is installed$' '^next .*another version' 'an old one is loaded'
machine busy
refused changed '__sync_icache_dcache() is not as it was compiled: a kprobe sits in it'
says 3 '^  refused  changed: __sync_icache' '^next +end the probe or tracer' 'refused: probed'
echo '6,3,3,-;icache_ipi_mitigate: event=loaded method=branch veneer=0 text="x"' >>"$root/dev/kmsg"
built $kernel
says 3 '^next +modprobe' 'loaded since, and unloaded'

# What the text says is for people: the word alone decides.
machine contradiction
refused no-probes 'this kernel is fixed'
says 3 '^  refused  no-probes: this kernel is fixed' '^next +echo 1 >.*kprobes/enabled' 'refused: no probes'
machine patched
refused patched 'mitigated by vendor_fix: leave it loaded, nothing to do'
says 1 '^  refused  patched: mitigated by vendor_fix' '^next +nothing: a live patch' 'refused: a live patch'
machine elsewhere
refused other-broadcast 'this kernel interrupts all CPUs, but not by kick_all_cpus_sync()'
says 2 '^next +boot a kernel with the fix' 'refused: another broadcast'
machine new-word
refused tomorrow 'something new'
says 3 "^next +see the word 'tomorrow' in icache-ipi-mitigate" 'refused: a word of a newer module'
machine loud
echo '3,2,2,-;icache_ipi_mitigate: refused: this kernel is fixed' >>"$root/dev/kmsg"
says 3 '^next .*install icache-ipi-mitigate-dkms' 'a sentence is no word'

# The words are the module's own list, and the manual explains each.
sed -n 's/^\t\[REFUSAL_.*\] = "\(.*\)",$/\1/p' "$top/modules/common/refuse.c" >words
is "$(wc -l <words)" 18 'the module has 18 words'
sed -n 's/^\t{ "\([a-z-]*\)", EXIT_.*/\1/p' "$top/src/status/judge.c" >known
is "$(grep --count . known) $(grep --line-regexp --fixed-strings --invert-match --file=words known)" '10 ' \
	'status knows no word that the module has not'
while read -r word; do
	like "$(cat "$top/man/icache-ipi-mitigate.8" "$top/man/icache-ipi-repro.8")" "^\.It Cm $word( |$)" \
		"the manual explains $word"
done <words

# --- what the reproducer measured, as JSON ---
machine replayed
run "$status" --root "$root" --repro-result
is "$rc$out" 3 'no result: exit 3'
like "$err" 'is icache_ipi_repro loaded' 'and what to look at'
mkdir -p "$root/sys/kernel/debug/icache_ipi"
: >"$root/sys/kernel/debug/icache_ipi/result"
run "$status" --root "$root" --repro-result
is "$rc$out" 3 'nothing was run: exit 3'
cat >"$root/sys/kernel/debug/icache_ipi/result" <<'END'
version=1
mode=replay-fixed
ended_by=rounds
broadcasts=0
longest_wait_ns=18446744073709551615
END
run "$status" --root "$root" --repro-result
is "$rc$out" '0{"schema": "icache-ipi-repro", "version": 1, "mode": "replay-fixed", "ended_by": "rounds", "broadcasts": 0, "longest_wait_ns": 18446744073709551615}' \
	'key=value lines become one object'
echo "$out" >result.json
run /usr/bin/python3 -c 'import json, jsonschema, sys
jsonschema.validate(*[json.load(open(name)) for name in sys.argv[1:]])' \
	result.json "$top/docs/schemas/icache-ipi-repro.schema.json"
is "$rc$err" 0 'which follows its schema'
# The keys that the module writes are those that the schema describes.
sed -n 's/.*seq_\(printf\|puts\)(file, "\([a-z0-9_]*\)=.*/\2/p' "$top/modules/repro/main.c" | sort >keys
is "$(/usr/bin/python3 -c 'import json, sys
print("\n".join(sorted(set(json.load(open(sys.argv[1]))["properties"]) - {"schema"})))' \
	"$top/docs/schemas/icache-ipi-repro.schema.json" | diff - keys)" '' 'the schema has every key of the module'
echo 'mode=a"b' >"$root/sys/kernel/debug/icache_ipi/result"
run "$status" --root "$root" --repro-result
is "$rc" 3 'not what the module writes: exit 3'

run "$status" --root /nowhere
is "$rc" 3 'no /proc: exit 3'
run "$status" argument
is "$rc" 64 'an argument: exit 64'
run "$status" --nonsense
is "$rc" 64 'an unknown option: exit 64'

# --- the unit that loads the module at boot ---
unit=$top/modules/mitigate/icache-ipi-mitigate.service
if command -v apt-get >/dev/null; then
	mkdir -p unit-root/etc/systemd/system unit-root/usr/bin unit-root/sbin unit-root/bin
	cp "$unit" unit-root/etc/systemd/system/
	run systemd_analyze verify --man=no "$unit"
	is "$(printf '%s\n' "$err" | grep 'icache-ipi-mitigate.service:' |
		grep -v 'is not executable')" '' 'systemd-analyze finds nothing in the unit'
	run systemd_analyze security --offline=yes --threshold=40 "$unit"
	is "$rc" 0 "exposure: $(printf '%s\n' "$out" | sed -n 's/.*exposure level for [^:]*: \([0-9.]*\).*/\1/p')"
else
	skip 'the unit' 'no apt-get: systemd-analyze comes out of a Debian package'
fi
is "$(grep -E '^(ProtectKernelTunables|ProtectKernelLogs|PrivateDevices|ProcSubset)=' "$unit")" '' \
	'the unit: nothing hides /proc/kcore or the kernel log from its commands'
# command NAME: the script of the unit's ExecNAME=, as systemd gives it to /bin/sh
command()
{
	sed --quiet "/^Exec$1=/{:next;p;/[\\]$/{n;b next};}" "$unit" | sed -e "s/^Exec$1=.*-c '//" -e "s/'$//" -e 's/\\$//' \
		-e 's/\$\$/$/g' -e "s#/sbin/##g" -e "s#/sys/module#$scratch/sys-module#g" | tr '\n' ' '
}
mkdir bin
# boot CODE ANSWER: the unit on a machine where icache-ipi-check exits with CODE (none: is not there) and
# the module refuses with the word ANSWER, or loads; prints what was tried, and whether the unit fails
boot()
{
	rm -f bin/* tried
	[ "$1" = none ] || printf '#!/bin/sh\nexit %s\n' "$1" >bin/icache-ipi-check
	printf '#!/bin/sh\necho modprobe >>tried\n[ %s = loads ]\n' "$2" >bin/modprobe
	printf '#!/bin/sh\necho "[   12.345678] icache_ipi_mitigate: event=refused reason=%s error=-1 text=x"\n' "$2" >bin/dmesg
	chmod +x bin/*
	rc=0
	PATH=$scratch/bin:/usr/bin:/bin sh -c "$(command Start)" >/dev/null 2>&1 || rc=$?
	echo "$(cat tried 2>/dev/null || echo skip) $([ "$rc" = 0 ] && echo ok || echo failed)"
}
is "$(boot 0 loads), $(boot 1 loads)" 'skip ok, skip ok' 'the unit: fixed or dormant: skipped'
is "$(boot 2 loads), $(boot 3 loads), $(boot none loads)" 'modprobe ok, modprobe ok, modprobe ok' \
	'the unit: affected, unknown or no check: the module is tried'
is "$(boot none fixed), $(boot 3 dormant), $(boot 2 patched)" 'modprobe ok, modprobe ok, modprobe ok' \
	'the unit: the module finds that nothing is to do: no failure'
is "$(boot 2 locked-down), $(boot none no-probes), $(boot 2 raced)" \
	'modprobe failed, modprobe failed, modprobe failed' 'the unit: any other reason is a failure'
printf '#!/bin/sh\necho "$@" >tried\n' >bin/rmmod
chmod +x bin/rmmod
rm -f tried
PATH=$scratch/bin:$PATH sh -c "$(command Stop)"
is "$(cat tried 2>/dev/null)" '' 'the unit: stopped without the module: nothing to unload'
mkdir -p sys-module/icache_ipi_mitigate
PATH=$scratch/bin:$PATH sh -c "$(command Stop)"
is "$(cat tried)" icache_ipi_mitigate 'the unit: stopped: rmmod, which needs no file of the module'
is "$(grep --count -E '^(ExecCondition|Conflicts)=' "$unit"), $(grep --only-matching 'DefaultDependencies=no' "$unit")" \
	'0, DefaultDependencies=no' 'the unit: nothing that systemd 239 lacks, and shutdown does not stop it'
# --- the manual pages ---
if command -v mandoc >/dev/null; then
	for page in icache-ipi-mitigate.8 icache-ipi-repro.8 icache-ipi-status.8; do
		run mandoc -T lint -W warning "$top/man/$page"
		is "$rc$out" 0 "mandoc: $page"
	done
else
	skip 'the manual pages' 'no mandoc: scripts/setup check'
fi
for name in mitigate repro; do
	manual=$(cat "$top/man/icache-ipi-$name.8")
	sed -e '/^#ifdef ICACHE_IPI_TEST/,/^#else/d' "$top/modules/$name/main.c" |
		sed -n 's/^module_param\(_cb\)\{0,1\}(\([a-z]*\),.*/\2/p' >parameters
	while read -r parameter; do
		like "$manual" "^\.It Cm $parameter$" "icache-ipi-$name.8 has $parameter"
	done <parameters
done

done_testing
