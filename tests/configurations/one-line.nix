{ pkgs, ... }:
{
  environment.systemPackages = with pkgs; [ git vim wget ];
  services.openssh = { enable = true; ports = [ 2222 ]; };
}
