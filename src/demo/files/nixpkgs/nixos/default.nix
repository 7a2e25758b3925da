# A stand-in for <nixpkgs/nixos>: the same attributes (`system`, `config.system.build.toplevel`),
# and a result with the real layout of a NixOS system.
# Beyond NixOS' own options it knows `fakenixos.*`: what an activation shall do wrong, to try out
# how a failure is told and taken back.
{
  configuration ? import <nixos-config>,
  system ? builtins.currentSystem or "x86_64-linux",
  age ? 0,
}:
let
  lib = import ../lib.nix;
  pkgs = import ../default.nix {
    inherit system age;
    config = get [ "nixpkgs" "config" ] { };
  };
  inherit (pkgs) release;

  # A configuration is a set or a function, and may import others.
  load =
    module:
    let
      source = if builtins.isPath module || builtins.isString module then import module else module;
      set =
        if builtins.isFunction source then
          source {
            inherit pkgs lib;
            config = cfg;
            modulesPath = ./.;
          }
        else
          source;
    in
    builtins.foldl' lib.join (removeAttrs set [ "imports" ]) (map load (set.imports or [ ]));

  known = [
    "boot"
    "console"
    "environment"
    "fakenixos"
    "fileSystems"
    "fonts"
    "hardware"
    "i18n"
    "networking"
    "nix"
    "nixpkgs"
    "programs"
    "security"
    "services"
    "specialisation"
    "swapDevices"
    "system"
    "systemd"
    "time"
    "users"
    "virtualisation"
    "xdg"
    "zramSwap"
  ];
  # Asked only for the system as a whole: a check while the configuration is being read would never end.
  cfg = load configuration;
  unknown = builtins.filter (name: !(builtins.elem name known)) (builtins.attrNames cfg);
  checked =
    value:
    if unknown == [ ] then
      value
    else
      throw "The option `${builtins.head unknown}' does not exist. Definition values:\n- In `${if builtins.isPath configuration then toString configuration else "configuration.nix"}'";

  at = set: path: default:
    builtins.foldl' (
      a: key: if builtins.isAttrs a && a ? ${key} then a.${key} else default
    ) set path;
  get = at cfg;

  # `programs.X.enable` installs X, as NixOS' own modules do.
  enabled = group: config: builtins.filter (name: config.${group}.${name}.enable or false == true) (
    builtins.attrNames (config.${group} or { })
  );

  mkSystem =
    specialisation: config:
    let
      of = at config;
      host = of [ "networking" "hostName" ] "nixos";
      label = of [ "system" "nixos" "label" ] release.version;
      revision = of [ "system" "configurationRevision" ] "";
      packages =
        of [ "environment" "systemPackages" ] [ ]
        ++ map (name: pkgs.${name}) (builtins.filter (name: pkgs ? ${name}) (enabled "programs" config));
      services = enabled "services" config;
      specialisations = if specialisation == "" then of [ "specialisation" ] { } else { };
      json = builtins.toJSON {
        configurationRevision = if revision == "" then null else revision;
        nixosVersion = release.version;
        nixpkgsRevision = release.revision;
      };
      path = pkgs.mkDerivation {
        pname = "system";
        version = "path";
        deps = packages;
        script = ''
          mkdir -p $out/bin
          for package in ${toString packages}; do
            for program in $package/bin/*; do ln -sf $program $out/bin/; done
          done
          sed -e 's|@version@|${release.version}|g' -e 's|@revision@|${release.revision}|g' \
            -e 's|@configurationRevision@|${revision}|g' -e 's|@json@|${json}|g' \
            ${./nixos-version.sh} > $out/bin/nixos-version
          chmod +x $out/bin/nixos-version
        '';
      };
    in
    pkgs.mkDerivation {
      pname = "nixos-system-${host}${if specialisation == "" then "" else "-${specialisation}"}";
      inherit (release) version;
      deps = [ path ];
      script = ''
        mkdir -p $out/bin $out/etc/systemd/system $out/specialisation
        ln -s ${path} $out/sw
        printf %s '${label}' > $out/nixos-version
        printf %s '${system}' > $out/system
        printf %s '${specialisation}' > $out/configuration-name
        echo '${host}' > $out/etc/hostname
        for service in ${toString services}; do
          printf '[Unit]\nDescription=%s\n' $service > $out/etc/systemd/system/$service.service
        done
        mkdir -p $out/kernel-modules/lib/modules/${release.kernel}
        echo 'linux ${release.kernel}' > $out/kernel
        echo initrd > $out/initrd
        echo 'loglevel=4' > $out/kernel-params
        printf '#!/bin/sh\n' > $out/init
        printf '{"org.nixos.bootspec.v1":{"label":"NixOS %s","toplevel":"%s","kernel":"%s/kernel","initrd":"%s/initrd","init":"%s/init","system":"${system}","kernelParams":["loglevel=4"]}}' \
          '${label} (Linux ${release.kernel})' $out $out $out $out > $out/boot.json
        ${toString (
          builtins.attrValues (
            builtins.mapAttrs (
              name: value:
              "ln -s ${mkSystem name (lib.join config (value.configuration or value))} $out/specialisation/${name};"
            ) specialisations
          )
        )}
        sed -e "s|@out@|$out|g" -e 's|@tools@|${pkgs.tools}|g' \
          -e 's|@switchExit@|${toString (of [ "fakenixos" "switchExitCode" ] 0)}|g' \
          -e 's|@bootExit@|${toString (of [ "fakenixos" "bootExitCode" ] 0)}|g' \
          -e 's|@seconds@|${toString (of [ "fakenixos" "activationSeconds" ] 0)}|g' \
          ${./switch-to-configuration.sh} > $out/bin/switch-to-configuration
        chmod +x $out/bin/switch-to-configuration $out/init
      '';
    };
  toplevel = checked (mkSystem "" cfg);
in
{
  system = toplevel;
  config = cfg // {
    system = (cfg.system or { }) // {
      build.toplevel = toplevel;
    };
  };
  inherit pkgs;
  vm = toplevel;
}
