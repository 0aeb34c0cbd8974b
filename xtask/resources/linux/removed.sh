#!/bin/sh
# Runs when the files of the package are gone. The data of those who used the program are theirs: they stay.
set -e
case "$1" in
# What dpkg says, and how many of it rpm says are left. An update goes on to use the profile.
remove | purge | 0)
    root=${DPKG_ROOT:-}
    profile=/etc/apparmor.d/@NAME@
    if [ -z "$root" ] && [ -f "$profile" ] && [ -d /sys/kernel/security/apparmor ] &&
        command -v apparmor_parser >/dev/null; then
        apparmor_parser --remove "$profile" >/dev/null 2>&1 || true
    fi
    rm -f "$root$profile"
    ;;
esac
