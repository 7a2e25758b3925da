{ config, lib, pkgs, ... }:
let
  cfg = config.my.tools;
in
{
  options.my.tools.enable = lib.mkEnableOption "tools";

  config = lib.mkIf cfg.enable {
    environment.systemPackages = with pkgs; [ git ];
    services.openssh.enable = true;
  };
}
