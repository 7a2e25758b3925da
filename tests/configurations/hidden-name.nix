{ pkgs, cowsay, ... }:
let
  git = pkgs.gitFull;
in
{
  environment.systemPackages = with pkgs; [ git vim ];
}
