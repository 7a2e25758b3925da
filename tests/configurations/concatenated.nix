{ pkgs, lib, config, ... }:
{
  environment.systemPackages = (with pkgs; [
    git
    git-crypt
  ]) ++ (with pkgs.kdePackages; [
    okular
    kate
    ark
  ]) ++ lib.optionals config.services.xserver.enable [ pkgs.xclip ];
}
