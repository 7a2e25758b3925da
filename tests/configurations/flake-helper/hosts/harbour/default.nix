{ pkgs, ... }:
{
  networking.hostName = "harbour";
  environment.systemPackages = with pkgs; [
    firefox
    vlc
  ];
}
