{ pkgs, ... }:
let
  unstable = import <nixos-unstable> { };
in
{
  environment.systemPackages = with pkgs; [
    vim
    unstable.git
  ];
}
