#!/bin/sh
# Runs when the files of the package are in place.
set -e
root=${DPKG_ROOT:-}
profile=/opt/@NAME@/resources/apparmor-profile

# Ubuntu 24.04 and later let only programs with a profile make the user namespaces that Chromium's sandbox is made of.
# An AppArmor that is too old to read the profile needs none.
if [ -d "$root/etc/apparmor.d" ] && command -v apparmor_parser >/dev/null &&
    apparmor_parser --skip-kernel-load --skip-cache "$root$profile" >/dev/null 2>&1; then
    cp "$root$profile" "$root/etc/apparmor.d/@NAME@"
    if [ -z "$root" ] && [ -d /sys/kernel/security/apparmor ]; then
        apparmor_parser --replace --write-cache --skip-read-cache "/etc/apparmor.d/@NAME@" || true
    fi
fi
