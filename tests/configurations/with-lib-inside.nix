{ lib, pkgs, ... }:
{
  environment.systemPackages = with pkgs; with lib; [ git (hiPrio vim) ];
}
