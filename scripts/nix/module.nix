# The NixOS module: for every user of the machine.
{ self }:
{
  config,
  lib,
  ...
}:
let
  cfg = config.services.ask-nix;
  unit = import ./unit.nix {
    inherit lib;
    inherit (cfg) package;
  };
in
{
  imports = [ (import ./settings.nix { inherit self; }) ];

  options.services.ask-nix = {
    manageServices = lib.mkOption {
      type = lib.types.bool;
      default = false;
      description = ''
        Whether members of the group `ask-nix` may start, stop and restart services from their own session at the
        machine without a password. Nothing else is given to them.
      '';
    };

    hotkey = lib.mkOption {
      type = lib.types.bool;
      default = false;
      description = ''
        Whether members of the group `ask-nix` may read keyboards, so that a key can be held to talk where the
        compositor has no key bindings for it. A program that reads keyboards sees passwords: prefer a binding
        of the compositor to `ask-nix talk start` and `ask-nix talk stop`.
      '';
    };
  };

  config = lib.mkIf cfg.enable {
    environment.systemPackages = [ cfg.package ];
    environment.etc."ask-nix/config.toml".source = cfg.file;

    # Sound reaches a user's program by PipeWire; where the machine has chosen PulseAudio it stays.
    services.pipewire = lib.mkIf (!config.services.pulseaudio.enable) {
      enable = lib.mkDefault true;
      pulse.enable = lib.mkDefault true;
      alsa.enable = lib.mkDefault true;
    };
    security.rtkit.enable = lib.mkDefault true;

    systemd.user.services.ask-nix = {
      description = "ask-nix, which runs this machine by voice";
      wantedBy = lib.mkIf cfg.listen [ "graphical-session.target" ];
      partOf = [ "graphical-session.target" ];
      after = [
        "graphical-session.target"
        "pipewire-pulse.socket"
        "pulseaudio.socket"
      ];
      # Nix, sudo and the user's own programs, as in the user's shell.
      path = lib.mkForce [ ];
      environment.PATH = lib.mkForce "/run/wrappers/bin:/etc/profiles/per-user/%u/bin:/run/current-system/sw/bin";
      serviceConfig = unit.Service;
    };

    users.groups = lib.mkIf (cfg.manageServices || cfg.hotkey) { ask-nix = { }; };

    services.udev.extraRules = lib.mkIf cfg.hotkey ''
      KERNEL=="event*", SUBSYSTEM=="input", ENV{ID_INPUT_KEYBOARD}=="1", GROUP="ask-nix", MODE="0640"
    '';

    security.polkit = lib.mkIf cfg.manageServices {
      enable = true;
      extraConfig = ''
        polkit.addRule(function(action, subject) {
          var verbs = ["start", "stop", "restart"];
          if (action.id == "org.freedesktop.systemd1.manage-units" &&
              verbs.indexOf(action.lookup("verb")) >= 0 &&
              subject.active && subject.local && subject.isInGroup("ask-nix")) {
            return polkit.Result.YES;
          }
        });
      '';
    };
  };
}
