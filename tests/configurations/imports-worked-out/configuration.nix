{ lib, pkgs, ... }:
{
  imports = [ (import ./base.nix { port = 22; }) ] ++ lib.optional true ./extra.nix ++ map (x: ./${x}.nix) [ "more" ];
  environment.systemPackages = [ pkgs.vim ];
}
