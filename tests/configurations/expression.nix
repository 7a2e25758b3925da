{ lib, config, pkgs, ... }:
{
  services.openssh.enable = config.networking.hostName == "harbour";
  networking.hostName = builtins.readFile ./name;
  environment.systemPackages = if true then [ pkgs.git ] else [ pkgs.vim ];
}
