# A stand-in for <nixpkgs>: the attribute names, versions and descriptions are nixpkgs' own, and
# every package is a real derivation, built by /bin/sh without network or compiler.
# packages.tsv: attribute, name, version, version a month ago, description, programs (the main one
# first), homepage, licence, "unfree" or nothing, seconds that its build takes (or "fail"), and its
# size in KiB, about a twentieth of the real one, so that there is something to say about space.
{
  system ? builtins.currentSystem or "x86_64-linux",
  config ? { },
  # 0 is now, 1 is the channel of about a month ago: older versions, as a history of generations has.
  age ? 0,
  ...
}:
let
  lines = builtins.filter (l: builtins.isString l && l != "") (
    builtins.split "\n" (builtins.readFile ./packages.tsv)
  );
  split = by: text: builtins.filter (part: builtins.isString part && part != "") (builtins.split by text);
  fields = line: builtins.filter builtins.isString (builtins.split "\t" line);

  # Where the builder's tools lie: written beside this file when the demo is made.
  tools =
    if builtins.pathExists ./tools-path then
      builtins.readFile ./tools-path
    else
      "/usr/bin:/bin:/run/current-system/sw/bin";

  allowUnfree = (config.allowUnfree or false) || builtins.getEnv "NIXPKGS_ALLOW_UNFREE" == "1";

  mkDerivation =
    {
      pname,
      version,
      script,
      meta ? { },
      deps ? [ ],
    }:
    (derivation {
      name = "${pname}-${version}";
      inherit system deps;
      builder = "/bin/sh";
      PATH = tools;
      args = [
        "-ec"
        script
      ];
    })
    // {
      inherit pname version;
      meta = meta // {
        name = "${pname}-${version}";
      };
    };

  # The words of nixpkgs' own refusal: what explains an error to the user must recognise them.
  refuse = name: ''
    Package ‘${name}’ in ${toString ./packages.tsv} has an unfree license (‘unfree’), refusing to evaluate.

    a) To temporarily allow unfree packages, you can use an environment variable
       for a single invocation of the nix tools.

         $ export NIXPKGS_ALLOW_UNFREE=1

    b) For `nixos-rebuild` you can set
      { nixpkgs.config.allowUnfree = true; }
    in configuration.nix to override this.
  '';

  mk =
    line:
    let
      at = builtins.elemAt (fields line);
      attr = at 0;
      pname = at 1;
      version = if age > 0 && at 3 != "" then at 3 else at 2;
      programs = split " " (at 5);
      unfree = at 8 == "unfree";
      seconds = at 9;
      fails = seconds == "fail";
      package = mkDerivation {
        inherit pname version;
        meta = {
          description = at 4;
          mainProgram = builtins.head programs;
          homepage = at 6;
          license = {
            free = !unfree;
            shortName = at 7;
            spdxId = at 7;
            fullName = at 7;
          };
          inherit unfree;
          broken = false;
          available = !unfree || allowUnfree;
          position = "${toString ./packages.tsv}:1";
        };
        script = ''
          echo "unpacking source archive ${pname}-${version}.tar.xz"
          echo "configuring"
          n=0
          while [ $n -lt ${if fails then "0" else seconds} ]; do
            sleep 1; n=$((n+1)); echo "[$n/${seconds}] compiling ${pname}"
          done
          ${if fails then "echo 'src/main.c:12: error: undefined reference to foo' >&2; exit 2" else ""}
          mkdir -p $out/bin $out/lib/${pname} $out/share/doc/${pname}
          head -c $((${at 10} * 1024)) /dev/zero > $out/lib/${pname}/data
          echo "${pname} ${version}" > $out/share/doc/${pname}/README
          for program in ${toString programs}; do
            printf '#!/bin/sh\necho %s %s\n' ${pname} ${version} > $out/bin/$program
            chmod +x $out/bin/$program
          done
        '';
      };
    in
    {
      path = split "[.]" attr;
      value =
        if unfree && !allowUnfree then
          package
          // {
            drvPath = throw (refuse "${pname}-${version}");
            outPath = throw (refuse "${pname}-${version}");
          }
        else
          package;
    };

  all = map mk lines;
  top = builtins.filter (p: builtins.length p.path == 1) all;
  inside = builtins.filter (p: builtins.length p.path == 2) all;
  named = p: {
    name = builtins.elemAt p.path (builtins.length p.path - 1);
    inherit (p) value;
  };
  sets = builtins.mapAttrs (_: ps: builtins.listToAttrs (map named ps) // { recurseForDerivations = true; }) (
    builtins.groupBy (p: builtins.head p.path) inside
  );
  packages = builtins.listToAttrs (map named top) // sets;
in
packages
// {
  # As in nixpkgs, some derivations have more than one name.
  python3 = packages.python313;
  nodejs = packages.nodejs_24;
  inherit
    mkDerivation
    system
    config
    tools
    ;
  release = builtins.elemAt (import ./releases.nix) age;
  lib = import ./lib.nix;
}
