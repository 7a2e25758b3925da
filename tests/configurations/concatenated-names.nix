{ pkgs, ... }:
let
  editors = with pkgs; [ vim helix ];
  tools = with pkgs; [
    curl
    git
    jq
  ];
in
{
  environment.systemPackages = editors ++ tools;
}
