# The home-manager module: for one user, on NixOS or beside another system.
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

  config = lib.mkIf cfg.enable {
    home.packages = [ cfg.package ];
    xdg.configFile."ask-nix/config.toml".source = cfg.file;
    systemd.user.services.ask-nix = {
      Unit = {
        Description = "ask-nix, which runs this machine by voice";
        PartOf = [ "graphical-session.target" ];
        After = [ "graphical-session.target" ];
      };
      Install.WantedBy = lib.mkIf cfg.listen [ "graphical-session.target" ];
      inherit (unit) Service;
    };
  };
}
