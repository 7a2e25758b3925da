# The configuration of the demo machine. Try things out: nothing here is your own system.
{ config, pkgs, ... }:

{
  imports = [ ./hardware-configuration.nix ];

  networking.hostName = "demo";
  time.timeZone = "Europe/Berlin";

  # The programs of this machine.
  environment.systemPackages = [
    pkgs.git
    pkgs.vim
    pkgs.htop
    pkgs.zathura # reads PDF files
    pkgs.ripgrep
  ];

  services.openssh.enable = true;

  # A second way to start this machine.
  specialisation.travel.configuration = {
    services.openssh.enable = false;
  };

  system.configurationRevision = "9c41e07d2b6f8a35e1d0c4b7a2986f5d3e7b1c08";
  system.stateVersion = "26.05";
}
