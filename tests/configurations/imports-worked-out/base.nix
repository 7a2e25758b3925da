{ port }:
{ pkgs, ... }:
{
  environment.systemPackages = [ pkgs.git ];
  services.openssh = {
    enable = true;
    ports = [ port ];
  };
}
