# ask-nix for machines with Nix: the package, an overlay, a shell to work in, and the checks.
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

      ask-nix =
        {
          rustPlatform,
          cmake,
          pkg-config,
          makeBinaryWrapper,
          alsa-lib,
          sonic,
          openssl,
          onnxruntime,
        }:
        rustPlatform.buildRustPackage {
          pname = manifest.name;
          inherit (manifest) version;
          src = source;
          cargoLock.lockFile = ./Cargo.lock;

          nativeBuildInputs = [
            cmake
            pkg-config
            makeBinaryWrapper
            rustPlatform.bindgenHook # libclang, for the bindings of whisper.cpp and espeak-ng
          ];
          buildInputs = [
            alsa-lib
            sonic
            openssl
          ];
          # CMake builds the vendored libraries, called by cargo; there is nothing to configure here.
          dontUseCmakeConfigure = true;

          env = {
            # A package runs on other machines than the builder: no -march=native. ggml then takes
            # AVX2, FMA and F16C on x86-64, which processors have had since 2013.
            GGML_NATIVE = "OFF";
            GGML_LLAMAFILE = "ON";
          };

          # The tests want sound, models and a Nix of their own: they are a check, not a part of the build.
          doCheck = false;

          # ONNX Runtime is loaded when the first word is spoken. The phonemes come from the data that
          # was built with the vendored espeak-ng, whose format changes between versions.
          # Both can be set otherwise by the user.
          postInstall = ''
            mkdir -p $out/share/ask-nix
            cp -r target/*/release/build/espeak-rs-sys-*/out/share/espeak-ng-data $out/share/ask-nix/
            wrapProgram $out/bin/ask-nix \
              --set-default ORT_DYLIB_PATH ${lib.getLib onnxruntime}/lib/libonnxruntime.so \
              --set-default ESPEAK_DATA_PATH $out/share/ask-nix
          '';

          meta = {
            inherit (manifest) description;
            license = lib.licenses.gpl3Plus;
            platforms = systems;
            mainProgram = "ask-nix";
          };
        };
    in
    {
      overlays.default = final: _: { ask-nix = final.callPackage ask-nix { }; };

      packages = forAll (pkgs: {
        default = pkgs.callPackage ask-nix { };
      });

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
            shellcheck -x ./*
            touch $out
          '';
        }
      );

      formatter = forAll (pkgs: pkgs.nixfmt-tree);
    };
}
