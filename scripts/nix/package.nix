# The package. `callPackage`d by the flake and by its overlay; everything it needs comes from nixpkgs.
{
  lib,
  stdenv,
  rustPlatform,
  cmake,
  pkg-config,
  makeBinaryWrapper,
  installShellFiles,
  alsa-lib,
  sonic,
  openssl,
  onnxruntime,
  # The sources, and Cargo.toml's table `package`; the flake gives both.
  source,
  manifest,
  # A folder of models to use where the user has none; null takes the user's cache alone.
  models ? null,
  # Recognition with AVX2, FMA and F16C, which processors have had since 2013: several times as fast. true does without.
  portable ? false,
  # The rest too for processors of this level and newer, such as "x86-64-v3"; null builds it for every processor.
  level ? null,
}:
rustPlatform.buildRustPackage {
  pname = manifest.name;
  inherit (manifest) version;
  src = source;
  cargoLock.lockFile = source + "/Cargo.lock";

  nativeBuildInputs = [
    cmake
    pkg-config
    makeBinaryWrapper
    installShellFiles
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
    # A package runs on other machines than the builder: no -march=native.
    GGML_NATIVE = "OFF";
    GGML_LLAMAFILE = "ON";
  }
  // lib.optionalAttrs portable {
    # What ggml takes on x86-64 where nothing is said.
    GGML_AVX = "OFF";
    GGML_AVX2 = "OFF";
    GGML_FMA = "OFF";
    GGML_F16C = "OFF";
    GGML_BMI2 = "OFF";
  }
  // lib.optionalAttrs (level != null) {
    RUSTFLAGS = "-C target-cpu=${level}";
  };

  # The tests want sound, models and a Nix of their own: they are a check, not a part of the build.
  doCheck = false;

  # ONNX Runtime is loaded when the first word is spoken. The phonemes come from the data that was built with the
  # vendored espeak-ng, whose format changes between versions. All three can be set otherwise by the user.
  postInstall = ''
    mkdir -p $out/share/ask-nix
    cp -r target/*/release/build/espeak-rs-sys-*/out/share/espeak-ng-data $out/share/ask-nix/
    cp docs/config.toml $out/share/ask-nix/
    ${lib.optionalString (stdenv.buildPlatform.canExecute stdenv.hostPlatform) ''
      for shell in bash zsh fish; do
        $out/bin/ask-nix completions $shell > ask-nix.$shell
      done
      installShellCompletion ask-nix.{bash,zsh,fish}
      mkdir -p $out/share/nushell/vendor/autoload
      $out/bin/ask-nix completions nushell > $out/share/nushell/vendor/autoload/ask-nix.nu
      $out/bin/ask-nix man man
      installManPage man/*.1
    ''}
    wrapProgram $out/bin/ask-nix \
      --set-default ORT_DYLIB_PATH ${lib.getLib onnxruntime}/lib/libonnxruntime.so \
      --set-default ESPEAK_DATA_PATH $out/share/ask-nix ${
        lib.optionalString (models != null) "--set-default ASK_NIX_MODELS ${models}"
      }
  '';

  meta = {
    inherit (manifest) description;
    license = lib.licenses.gpl3Plus;
    platforms = [
      "x86_64-linux"
      "aarch64-linux"
    ];
    mainProgram = "ask-nix";
  };
}
