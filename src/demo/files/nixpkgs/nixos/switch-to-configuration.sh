#!/bin/sh
# Activation in the demo: does to $FAKE_ROOT what NixOS' own does to /, with the same actions,
# checks and exit codes (1 checks or boot loader, 2 activation script, 4 units).
PATH=@tools@${PATH:+:$PATH}
action=$1
root=${FAKE_ROOT:?}
case $action in
  switch|boot|test|dry-activate|check) ;;
  *) echo "Usage: $0 [check|switch|boot|test|dry-activate]" >&2; exit 1 ;;
esac
if ! [ -e "$root/etc/NIXOS" ]; then
  echo "This is not a NixOS installation!" >&2
  exit 1
fi
mkdir -p "$root/run" "$root/boot/loader/entries"
echo "$(date +%s) $action @out@ NIXOS_INSTALL_BOOTLOADER=$NIXOS_INSTALL_BOOTLOADER NIXOS_NO_CHECK=$NIXOS_NO_CHECK" >> "$root/activation.log"
[ "$action" = check ] && exit 0
if [ "$action" = dry-activate ]; then
  echo "would restart the following units: demo.service" >&2
  exit 0
fi

if [ "$action" = switch ] || [ "$action" = boot ]; then
  if [ @bootExit@ -ne 0 ]; then
    echo "cp: error writing '$root/boot/kernel': No space left on device" >&2
    echo "Failed to install bootloader" >&2
    exit @bootExit@
  fi
  entries=$root/boot/loader/entries
  rm -f "$entries"/nixos-generation-*.conf
  for link in "${FAKE_PROFILE:?}"-*-link; do
    number=${link%-link} number=${number##*-}
    printf 'title NixOS\nversion Generation %s\nlinux %s/kernel\noptions init=%s/init\n' \
      "$number" "$(readlink "$link")" "$(readlink "$link")" > "$entries/nixos-generation-$number.conf"
  done
  current=$(readlink "$FAKE_PROFILE")
  current=${current%-link}
  echo "default nixos-generation-${current##*-}.conf" > "$root/boot/loader/loader.conf"
fi
[ "$action" = boot ] && exit 0

echo "activating the configuration..." >&2
[ @seconds@ -eq 0 ] || sleep @seconds@
if [ @switchExit@ -eq 2 ]; then
  echo "Activation script snippet 'users' failed (1)" >&2
  exit 2
fi
ln -sfn @out@ "$root/run/current-system"
[ -e "$root/run/booted-system" ] || ln -sfn @out@ "$root/run/booted-system"
echo "setting up tmpfiles" >&2
echo "restarting the following units: demo.service" >&2
if [ @switchExit@ -ne 0 ]; then
  echo "warning: the following units failed: demo.service" >&2
fi
exit @switchExit@
