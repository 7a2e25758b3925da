{ pkgs, ... }:

let
  # Everything by hand.
  myPackages = [
    pkgs.git
    pkgs.firefox
  ];
in {
  environment.systemPackages = myPackages;
  services.openssh.enable = true;
}
