{ pkgs, ... }:
let
  me = "alice";
in
{
  users.users.${me}.packages = with pkgs; [
    git
  ];
  networking.hostName = me + "-machine";
}
