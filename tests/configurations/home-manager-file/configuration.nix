{ pkgs, ... }:
{
  home-manager.users.alice = import ./home.nix;
  services.openssh.enable = true;
}
