{ lib, pkgs, ... }:
with lib;
{
  environment.systemPackages = mkForce (with pkgs; [ git gnupg ]);
  services.openssh.enable = mkDefault true;
}
