# ask-nix for machines with Nix: packages, modules for NixOS and home-manager, an overlay, a shell to work in, checks.
# The parts are in scripts/nix: this file says only what there is.
#
# Written without network: parsed, and evaluated against a stand-in for nixpkgs; not yet built
# against the real one. There is no flake.lock yet for the same reason; Nix makes one at the first use.
{
  description = "Run a NixOS machine by voice: local speech recognition, a typed grammar, a native Nix backend, spoken answers";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      forAll = f: lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
      manifest = (builtins.fromTOML (builtins.readFile ./Cargo.toml)).package;

      # Only what the build reads: a changed README does not build everything again.
      source = lib.fileset.toSource {
        root = ./.;
        fileset = lib.fileset.unions (
          [
            ./Cargo.toml
            ./Cargo.lock
            ./build.rs
            ./rustfmt.toml
            ./src
            ./tests
          ]
          ++ map lib.fileset.maybeMissing [
            ./.cargo/config.toml
            ./benches
            ./data
            ./docs
            ./models
          ]
        );
      };
      manifests = {
        package = manifest;
        models = builtins.fromTOML (builtins.readFile ./models/manifest.toml);
      };
      build =
        pkgs: more:
        pkgs.callPackage ./scripts/nix/package.nix (
          {
            inherit source manifest;
          }
          // more
        );
      modelsOf =
        pkgs: more:
        pkgs.callPackage ./scripts/nix/models.nix {
          manifest = manifests.models;
          inherit more;
        };
    in
    {
      overlays.default = final: _: {
        ask-nix = build final { };
        ask-nix-models = modelsOf final [ ];
      };

      packages = forAll (pkgs: rec {
        # Processors since 2013.
        default = build pkgs { };
        # Every processor of the architecture; recognition is several times as slow.
        portable = build pkgs { portable = true; };
        # Nothing of it runs on older processors.
        tuned = build pkgs { level = if pkgs.stdenv.hostPlatform.isx86_64 then "x86-64-v3" else "generic"; };
        models = modelsOf pkgs [ ];
        with-models = build pkgs { inherit models; };
        portable-with-models = build pkgs {
          inherit models;
          portable = true;
        };
      });

      nixosModules.default = import ./scripts/nix/module.nix { inherit self; };
      homeModules.default = import ./scripts/nix/home.nix { inherit self; };

      templates.default = {
        path = ./scripts/nix/template;
        description = "A NixOS configuration that can be spoken to";
      };

      devShells = forAll (pkgs: {
        default = pkgs.mkShell {
          inputsFrom = [ self.packages.${pkgs.stdenv.hostPlatform.system}.default ];
          packages = with pkgs; [
            cargo
            clippy
            rustc
            rustfmt
            rust-analyzer
            shellcheck
            # Sound without a sound card, for the tests.
            alsa-utils
            espeak-ng
            flac
            pulseaudio
            sox
          ];
          env.ORT_DYLIB_PATH = "${lib.getLib pkgs.onnxruntime}/lib/libonnxruntime.so";
        };
      });

      checks = forAll (
        pkgs:
        let
          package = self.packages.${pkgs.stdenv.hostPlatform.system}.default;
        in
        {
          inherit package;

          # What needs models or a sound server is skipped in the sandbox; the demo is built by the Nix that is given.
          tests = package.overrideAttrs (old: {
            pname = "${old.pname}-tests";
            doCheck = true;
            nativeCheckInputs = (old.nativeCheckInputs or [ ]) ++ [ pkgs.nix ];
            preCheck = "export HOME=$TMPDIR ORT_DYLIB_PATH=${lib.getLib pkgs.onnxruntime}/lib/libonnxruntime.so";
          });

          # The module in a whole system, spoken to through a virtual sound card.
          spoken-to = import ./scripts/nix/test.nix { inherit self pkgs; };

          format =
            pkgs.runCommand "ask-nix-format"
              {
                nativeBuildInputs = [
                  pkgs.cargo
                  pkgs.rustfmt
                ];
              }
              ''
                cd ${source}
                cargo fmt --check
                touch $out
              '';

          scripts = pkgs.runCommand "ask-nix-scripts" { nativeBuildInputs = [ pkgs.shellcheck ]; } ''
            cd ${./scripts}
            # The first line says what is a shell script: some are Python's.
            for script in ./*; do
              if [ -f "$script" ] && head -1 "$script" | grep -qE 'bash|bin/sh'; then shellcheck -x "$script"; fi
            done
            touch $out
          '';
        }
      );

      formatter = forAll (pkgs: pkgs.nixfmt-tree);
    };
}
