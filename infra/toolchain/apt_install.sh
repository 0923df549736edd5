#!/bin/sh
# Installs Debian packages without starting their services: AutoServe runs its own processes of them.
#   sudo sh infra/toolchain/apt_install.sh postgresql redis-server ...
# policy-rc.d is Debian's way to forbid starts; it is in place only while this runs, and one that was
# there before comes back (invoke-rc.d(8)).
set -eu
policy=${POLICY_RC_D:-/usr/sbin/policy-rc.d}
restore() {
    rm -f "$policy"
    if [ -e "$policy.autoserve-saved" ]; then mv "$policy.autoserve-saved" "$policy"; fi
}
# One of ours that a killed run left behind must not be saved as if it were somebody's.
if [ -e "$policy" ] && ! grep -q 'autoserve: no services' "$policy"; then
    mv "$policy" "$policy.autoserve-saved"
fi
trap restore EXIT
trap 'exit 130' HUP INT TERM
printf '#!/bin/sh\n# autoserve: no services are started by an installation\nexit 101\n' > "$policy"
chmod 755 "$policy"
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
apt-get -o DPkg::Lock::Timeout=120 update
apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$@"
