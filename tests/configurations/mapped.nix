{ pkgs, ... }:
{
  environment.systemPackages = map (name: pkgs.${name}) [ "git" "vim" ];
}
