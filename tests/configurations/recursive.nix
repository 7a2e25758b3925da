{ pkgs, ... }:
rec {
  networking.hostName = "harbour";
  environment.systemPackages = [ pkgs.git ];
  environment.variables.HOST_NAME = networking.hostName;
}
