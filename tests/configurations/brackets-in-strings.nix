{ pkgs, ... }:
{
  environment.etc."motd".text = ''
    environment.systemPackages = [ git ];
    services.openssh.enable = true;
  '';
  # environment.systemPackages = [ pkgs.git ];
  environment.systemPackages = [ pkgs.git ];
}
