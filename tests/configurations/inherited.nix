{ pkgs, ... }:
let
  services.openssh.enable = true;
  time.timeZone = "UTC";
in
{
  inherit services time;
  environment = { systemPackages = [ pkgs.git ]; };
}
