#!/bin/sh
# After an installation and after an update. Nothing is started that did not run before: the
# service has to be configured first. A service that does not start again is no reason to
# leave the package half installed: systemctl status says why.
set -e
if command -v systemd-sysusers >/dev/null; then
  systemd-sysusers --root="${DPKG_ROOT:-/}" papi-mcp.conf
fi
if [ -z "$DPKG_ROOT" ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl try-restart papi-mcp.service || true
fi
