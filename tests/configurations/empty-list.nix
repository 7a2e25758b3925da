{ pkgs, ... }:
{
  environment.systemPackages = [ ];
  services = {
    openssh.enable = true;
  };
}
