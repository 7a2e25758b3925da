{ pkgs }:

with pkgs; [
  git
  vim
]
