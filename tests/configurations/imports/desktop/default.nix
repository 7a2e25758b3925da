{ pkgs, ... }:
{
  imports = [ ../../imports/programs.nix ];
  environment.systemPackages = [ pkgs.pavucontrol ];
}
