# What the NixOS module and the home-manager module have in common: the options, the file, and the user's service.
{ self }:
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.ask-nix;
  format = pkgs.formats.toml { };
  inherit (pkgs.stdenv.hostPlatform) system;
in
{
  options.services.ask-nix = {
    enable = lib.mkEnableOption "ask-nix, which runs this machine by voice";

    package = lib.mkOption {
      type = lib.types.package;
      default =
        if cfg.bundleModels then self.packages.${system}.with-models else self.packages.${system}.default;
      defaultText = lib.literalExpression "ask-nix.packages.\${system}.default, or with-models";
      description = "The package.";
    };

    bundleModels = lib.mkOption {
      type = lib.types.bool;
      default = true;
      description = ''
        Whether the models come with the system, fetched once by fixed hash (about 220 megabytes). Without it each
        user fetches them: `ask-nix models fetch`.
      '';
    };

    listen = lib.mkOption {
      type = lib.types.bool;
      default = true;
      description = "Whether it listens from the beginning of each graphical session.";
    };

    settings = lib.mkOption {
      inherit (format) type;
      default = { };
      example = lib.literalExpression ''
        {
          ears.wake = true;
          ears.wake_sensitivity = 0.6;
          voice.name = "piper-en_US-joe-medium";
          voice.rate = 1.4;
          metrics.port = 9184;
        }
      '';
      description = ''
        The configuration, as docs/configuration.md has it: wake word (`ears.wake`), voice (`voice.name`,
        `voice.rate`), the port for Prometheus (`metrics.port`), and all else. The program checks every key at
        the build of the system.
      '';
    };

    # Set here, used by both modules.
    file = lib.mkOption {
      type = lib.types.path;
      internal = true;
      readOnly = true;
      description = "The configuration as a file that the program has checked.";
    };
  };

  config.services.ask-nix.file = pkgs.runCommand "ask-nix-config.toml" { } ''
    cp ${format.generate "config.toml" cfg.settings} config.toml
    export HOME=$TMPDIR
    ${lib.getExe cfg.package} config check config.toml
    cp config.toml $out
  '';
}
