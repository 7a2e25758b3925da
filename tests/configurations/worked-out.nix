{ pkgs, ... }:
{
  environment.systemPackages = import ./not-here.nix { inherit pkgs; };
  services.openssh = import ./ssh.nix;
}
