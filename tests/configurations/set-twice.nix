{ lib, config, pkgs, ... }:
{
  services.openssh.enable = true;
  imports = [ { services.openssh.enable = lib.mkForce true; } ];
  environment.systemPackages = [ pkgs.git ];
}
