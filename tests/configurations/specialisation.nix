{ pkgs, ... }:
{
  specialisation.travel.configuration = {
    environment.systemPackages = [ pkgs.git ];
    services.openssh.enable = false;
  };
  services.openssh.enable = true;
}
