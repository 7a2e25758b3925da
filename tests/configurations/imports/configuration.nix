{ ... }:
{
  imports = [
    ./hardware.nix
    ./desktop
    ./programs.nix
  ];
  networking.hostName = "harbour";
}
