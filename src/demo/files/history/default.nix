# The generations that the demo machine has had, oldest first; the last is what is configured now.
{ nixpkgs, configuration }:
let
  nixos = import (nixpkgs + "/nixos");
  with' = revision: packages: { pkgs, ... }: {
    networking.hostName = "demo";
    environment.systemPackages = map (name: pkgs.${name}) packages;
    services.openssh.enable = true;
    system.configurationRevision = revision;
  };
  past = age: revision: packages: (nixos { inherit age; configuration = with' revision packages; }).system;
in
{
  g1 = past 1 "" [ "git" "vim" ];
  g2 = past 1 "31f0d86be4a97c520e8b6d1f7a3c95e2048bd761" [ "git" "vim" "htop" ];
  g3 = past 0 "b27c5e90f1483da6c7e20b95d8a4f1637e0c92d5" [ "git" "vim" "htop" "zathura" ];
  g4 = (nixos { inherit configuration; }).system;
}
