#!/bin/sh
# Debian passes what it does, RPM the number of versions that remain.
set -e
case "$1" in remove|0) ;; *) exit 0 ;; esac
if [ -z "$DPKG_ROOT" ] && [ -d /run/systemd/system ]; then
  systemctl disable --now papi-mcp.service || true # or the package could not be removed
fi
