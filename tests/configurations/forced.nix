{ lib, pkgs, ... }:
{
  config = {
    environment.systemPackages = lib.mkForce [
      pkgs.gnupg
      # To mount key backups
      pkgs.git
    ];
    services.openssh.enable = lib.mkForce true;
  };
}
