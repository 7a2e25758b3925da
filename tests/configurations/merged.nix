{ config, lib, pkgs, ... }:
{
  config = lib.mkMerge [
    {
      environment.systemPackages = [ pkgs.git ];
      services.openssh.enable = true;
    }
    (lib.mkIf config.services.xserver.enable {
      environment.systemPackages = [ pkgs.xclip pkgs.git ];
    })
  ];
}
