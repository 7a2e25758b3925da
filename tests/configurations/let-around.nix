{ pkgs, ... }:
let
  sshPort = 2222;
in
assert sshPort > 0;
{
  services.openssh = {
    enable = true;
    ports = [ sshPort ];
  };
  environment.systemPackages = with pkgs; [ git ];
}
